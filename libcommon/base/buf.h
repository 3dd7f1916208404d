/* Growable bytes that cannot be made without a maximum. Appending past it fails and leaves the content as it was.
 * The storage is malloc'ed: a buf that outlives a request (a connection's, a log's) is freed by its owner. */
#ifndef CUOTAS_BASE_BUF_H
#define CUOTAS_BASE_BUF_H

#include "base/result.h"
#include "base/slice.h"

struct buf {
    char *data;
    size_t size;
    size_t capacity;
    size_t maximum;
};

void buf_init(struct buf *buf, size_t maximum);
void buf_free(struct buf *buf);
/* Content gone, storage kept. */
void buf_clear(struct buf *buf);
/* Drops the first `count` bytes (count <= size). */
void buf_consume(struct buf *buf, size_t count);
/* Makes room for `count` more bytes at data + size; RESULT_TOO_LARGE past the maximum. */
MUST_CHECK enum result buf_reserve(struct buf *buf, size_t count);
MUST_CHECK enum result buf_append(struct buf *buf, struct slice bytes);
MUST_CHECK enum result buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline struct slice buf_slice(const struct buf *buf)
{
    return slice_of(buf->data ? buf->data : "", buf->size);
}

#endif
