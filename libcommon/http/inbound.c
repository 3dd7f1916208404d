/* Incoming messages. in[] holds, from its start: the head, then bytes not used yet; once those are used, room behind the
 * head is taken anew, so a body of any size passes through. Invariant: pinned <= begin <= end <= INBOUND_BYTES.
 * The pool belongs to the process; a message belongs to the connection that took it. inbound_fill and inbound_body suspend. */
#include "http/inbound.h"

#include "base/memory.h"

#include <stdlib.h>

#define INBOUND_POOLED 256

static struct inbound *pool;
static size_t pooled;

struct inbound *inbound_take(void)
{
    struct inbound *m = pool;
    if (m) {
        pool = m->next;
        pooled--;
    } else {
        m = memory_take(sizeof *m);   /* not cleared: header_count and end guard what is not set */
    }
    m->begin = m->end = 0;
    inbound_restart(m);
    return m;
}

void inbound_release(struct inbound *m)
{
    if (!m)
        return;
    if (pooled == INBOUND_POOLED || memory_is_short) {   /* what is the reserve's goes back to it */
        memory_free(m);
        return;
    }
    m->next = pool;
    pool = m;
    pooled++;
}

void inbound_pool_close(void)
{
    while (pool) {
        struct inbound *m = pool;
        pool = m->next;
        memory_free(m);
    }
    pooled = 0;
}

static void inbound_check(const struct inbound *m)
{
    assert(m->pinned <= m->begin && m->begin <= m->end && m->end <= INBOUND_BYTES);
}

void inbound_restart(struct inbound *m)
{
    size_t unread = m->end - m->begin;
    if (unread > 0 && m->begin > 0)
        memmove(m->in, m->in + m->begin, unread);
    m->begin = m->pinned = 0;
    m->end = unread;
    m->head.header_count = 0;
    m->left = 0;
    m->chunked = (struct http_chunked){ 0 };
    m->done = false;
}

char *inbound_room(struct inbound *m, size_t *size)
{
    inbound_check(m);
    if (m->begin == m->end)
        m->begin = m->end = m->pinned;
    *size = INBOUND_BYTES - m->end;
    return m->in + m->end;
}

void inbound_head_parsed(struct inbound *m, size_t used)
{
    m->begin += used;
    m->pinned = m->begin;
    m->left = m->head.framing == HTTP_LENGTH ? m->head.content_length : 0;
    m->done = m->head.framing == HTTP_NO_BODY;
    inbound_check(m);
}

enum result inbound_fill(struct inbound *m, struct stream *stream, int64_t deadline_us)
{
    size_t size, got = 0;
    char *room = inbound_room(m, &size);
    if (size == 0)
        return RESULT_TOO_LARGE;
    enum result result = stream_read(stream, room, size, deadline_us, &got);
    m->end += got;
    return result;
}

static enum result inbound_take_piece(struct inbound *m, struct slice unread, struct slice *piece)
{
    size_t used = unread.size;
    *piece = unread;
    if (m->head.framing == HTTP_LENGTH) {
        used = (int64_t)unread.size < m->left ? unread.size : (size_t)m->left;
        piece->size = used;
        m->left -= (int64_t)used;
        m->done = m->left == 0;
    } else if (m->head.framing == HTTP_CHUNKED) {
        if (http_chunked_next(&m->chunked, unread, &used, piece) != HTTP_PARSE_OK)
            return RESULT_MALFORMED;
        m->done = m->chunked.done;
    }
    m->begin += used;
    return RESULT_OK;
}

enum result inbound_body(struct inbound *m, struct stream *stream, int64_t deadline_us, size_t limit, struct slice *piece)
{
    enum result result = RESULT_OK;
    *piece = SLICE("");
    while (result == RESULT_OK && !m->done && piece->size == 0) {
        if (m->begin == m->end)
            result = inbound_fill(m, stream, deadline_us);
        if (result == RESULT_CLOSED && m->head.framing == HTTP_UNTIL_CLOSE) {
            m->done = true;
            return RESULT_OK;
        }
        struct slice unread = inbound_unread(m);
        unread.size = unread.size < limit ? unread.size : limit;
        if (result == RESULT_OK)
            result = inbound_take_piece(m, unread, piece);
    }
    return result;
}
