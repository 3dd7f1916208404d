/* Growable bytes with a maximum. Invariants: size <= capacity <= maximum; a failed call changes nothing but, at most, the capacity.
 * The owner frees it with buf_free. Nothing here suspends. */
#include "base/buf.h"

#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_CAPACITY_MIN 256
/* More than this is not taken from the reserve. */
#define BUF_CAPACITY_BULK (64 * 1024)

void buf_init(struct buf *buf, size_t maximum)
{
    *buf = (struct buf){ .maximum = maximum };
}

void buf_free(struct buf *buf)
{
    memory_free(buf->data);
    *buf = (struct buf){ .maximum = buf->maximum };
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
}

void buf_consume(struct buf *buf, size_t count)
{
    assert(count <= buf->size);
    buf->size -= count;
    if (buf->size && count)
        memmove(buf->data, buf->data + count, buf->size);
}

enum result buf_reserve(struct buf *buf, size_t count)
{
    if (count > buf->maximum - buf->size)
        return RESULT_TOO_LARGE;
    size_t needed = buf->size + count;
    if (needed <= buf->capacity)
        return RESULT_OK;
    size_t capacity = buf->capacity < buf->maximum / 2 ? buf->capacity * 2 : buf->maximum;
    if (capacity < BUF_CAPACITY_MIN)
        capacity = BUF_CAPACITY_MIN;
    if (capacity < needed)
        capacity = needed;
    if (capacity > buf->maximum)
        capacity = buf->maximum;
    if (capacity > BUF_CAPACITY_BULK && memory_short())
        return RESULT_BUSY;
    buf->data = memory_resize(buf->data, capacity);
    buf->capacity = capacity;
    return RESULT_OK;
}

enum result buf_append(struct buf *buf, struct slice bytes)
{
    enum result result = buf_reserve(buf, bytes.size);
    if (result == RESULT_OK && bytes.size) {
        memcpy(buf->data + buf->size, bytes.data, bytes.size);
        buf->size += bytes.size;
    }
    return result;
}

enum result buf_printf(struct buf *buf, const char *format, ...)
{
    /* vsnprintf needs a byte for its NUL, which the maximum need not allow: text that ends exactly there goes by a copy. */
    char small[512];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    enum result result = RESULT_FAILED;
    if (size >= 0 && (size_t)size < sizeof small) {
        result = buf_append(buf, slice_of(small, (size_t)size));
    } else if (size >= 0) {
        char *large = memory_take((size_t)size + 1);
        vsnprintf(large, (size_t)size + 1, format, again);
        result = buf_append(buf, slice_of(large, (size_t)size));
        memory_free(large);
    }
    va_end(again);
    return result;
}
