/* An incoming HTTP/1.x message, a request or a reply: the bytes read from a stream, the head they begin with, and the body
 * behind it, piece by piece. Private to http/. Pooled: a connection has one only while bytes of a message are there. */
#ifndef CUOTAS_HTTP_INBOUND_H
#define CUOTAS_HTTP_INBOUND_H

#include "base/result.h"
#include "io/stream.h"
#include "wire/http1.h"

#define INBOUND_BYTES (2 * HTTP_HEAD_BYTES_MAX)

struct inbound {
    struct inbound *next;         /* in the pool */
    struct http_head head;
    size_t begin, end;            /* in[begin..end): received, not used yet */
    size_t pinned;                /* in[0..pinned): the head (and a body given out whole), which stays in place */
    int64_t left;                 /* of a body of known length */
    struct http_chunked chunked;
    bool done;                    /* the body is read to its end */
    char in[INBOUND_BYTES];
};

static_assert(INBOUND_BYTES > HTTP_HEAD_BYTES_MAX, "beside a head there must be room for body bytes");

struct inbound *inbound_take(void);
/* NULL is ignored. */
void inbound_release(struct inbound *m);
/* Frees the pool. */
void inbound_pool_close(void);

static inline struct slice inbound_unread(const struct inbound *m)
{
    return slice_of(m->in + m->begin, m->end - m->begin);
}

/* Forgets the message that was, keeps what came behind it. */
void inbound_restart(struct inbound *m);
/* Where the next bytes go; *size is 0 when the message is full. What was received is added to m->end. */
char *inbound_room(struct inbound *m, size_t *size);
/* m->head was parsed from the first `used` unread bytes: they stay in place, the body begins behind them. */
void inbound_head_parsed(struct inbound *m, size_t used);
/* Reads at least one byte. RESULT_TOO_LARGE when there is no room. */
SUSPENDS MUST_CHECK enum result inbound_fill(struct inbound *m, struct stream *stream, int64_t deadline_us);
/* The next piece of the body, of at most `limit` bytes: a view, valid until the next call; empty at the end (m->done). RESULT_MALFORMED
 * for broken chunks, RESULT_CLOSED when the stream ended before the body did. */
SUSPENDS MUST_CHECK enum result inbound_body(struct inbound *m, struct stream *stream, int64_t deadline_us, size_t limit,
                                             struct slice *piece);

#endif
