/* Reading request bodies. A handler's maximum is checked against the declared length before anything is asked for (100 Continue
 * goes out with the first read, not before) and against what arrives. A sender must keep HTTP_BODY_RATE_MIN on average after
 * its first seconds, and the work's deadline holds too. The first failure is recorded on the work and breaks the body: the
 * connection cannot go on behind it. All but the last few lines of request_body_declared suspend. */
#include "base/clock.h"
#include "base/memory.h"
#include "http/exchange.h"
#include "http/problem.h"

#define GRACE_US (5 * INT64_C(1000000))
/* An unread rest of a body up to this size is dropped to keep the connection. */
#define SETTLE_BYTES_MAX (64 * 1024)

static int64_t body_deadline(const struct exchange *x)
{
    int64_t by_rate = x->body_started_us + GRACE_US + (int64_t)(x->received * 1000000 / HTTP_BODY_RATE_MIN);
    int64_t by_work = x->request.work.deadline_us;
    return by_rate < by_work ? by_rate : by_work;
}

static enum result body_fail(struct exchange *x, enum result result, size_t maximum)
{
    struct work *w = &x->request.work;
    const struct problem *problem = problem_of_body(result);
    x->body_broken = true;
    if (result == RESULT_TOO_LARGE)
        work_fail(w, problem, "the body may have at most %zu bytes", maximum);
    else if (result == RESULT_TIMEOUT)
        work_fail(w, problem, "the body arrived too slowly");
    else if (result == RESULT_CLOSED)
        work_fail(w, problem, "the body ended before it was complete");
    else
        work_fail(w, problem, "the body could not be read: %s", result_name(result));
    return result;
}

/* Before the first byte is read. */
SUSPENDS static enum result body_start(struct exchange *x, size_t maximum)
{
    struct http_connection *c = x->request.connection;
    const struct inbound *m = c->in;
    if (m->head.framing == HTTP_LENGTH && (uint64_t)m->head.content_length > maximum)
        return RESULT_TOO_LARGE;
    x->body_started = true;
    x->body_started_us = clock_monotonic_us();
    if (!m->head.expects_continue || m->begin < m->end)
        return RESULT_OK;
    struct slice line = SLICE("HTTP/1.1 100 Continue\r\n\r\n");
    struct iovec part = { (char *)line.data, line.size };
    return stream_write(c->stream, &part, 1, body_deadline(x));
}

SUSPENDS static enum result body_await(struct exchange *x, int64_t deadline_us, size_t limit, struct slice *piece)
{
    struct http_connection *c = x->request.connection;
    slow_begin(x);
    enum result result = inbound_body(c->in, c->stream, deadline_us, limit, piece);
    slow_end(x);
    return result;
}

SUSPENDS static enum result body_piece(struct exchange *x, size_t maximum, size_t limit, struct slice *piece)
{
    struct http_connection *c = x->request.connection;
    *piece = SLICE("");
    if (c->in->done)
        return RESULT_OK;
    if (x->body_broken)
        return RESULT_FAILED;
    enum result result = x->body_started ? RESULT_OK : body_start(x, maximum);
    if (result == RESULT_OK)
        result = body_await(x, body_deadline(x), limit, piece);
    x->received += piece->size;
    if (result == RESULT_OK && x->received > maximum)
        result = RESULT_TOO_LARGE;
    return result == RESULT_OK ? RESULT_OK : body_fail(x, result, maximum);
}

enum result request_read(struct request *rq, char *data, size_t capacity, size_t *got)
{
    struct slice piece;
    size_t maximum = rq->route && rq->route->body_max ? rq->route->body_max : HTTP_STREAMED_BYTES_MAX;
    enum result result = body_piece(exchange_of(rq), maximum, capacity, &piece);
    *got = result == RESULT_OK ? piece.size : 0;
    memcpy(data, piece.data, *got);
    return result;
}

/* The common case: the body came with the head. It is given out where it lies. */
static bool body_is_here(struct exchange *x, size_t maximum)
{
    struct inbound *m = x->request.connection->in;
    if (x->body_started || m->head.framing != HTTP_LENGTH || (uint64_t)m->left > maximum ||
        inbound_unread(m).size < (size_t)m->left)
        return false;
    size_t size = (size_t)m->left;
    x->request.body = slice_of(m->in + m->begin, size);
    x->received = size;
    m->begin += size;
    m->pinned = m->begin;
    m->left = 0;
    m->done = true;
    return true;
}

/* Room grows with what arrives, not with what is announced. */
bool request_read_all(struct request *rq, size_t maximum)
{
    struct exchange *x = exchange_of(rq);
    if (rq->connection->in->done || body_is_here(x, maximum))
        return true;
    char *data = NULL;
    size_t size = 0, capacity = 0;
    struct slice piece;
    enum result result;
    while ((result = body_piece(x, maximum, INBOUND_BYTES, &piece)) == RESULT_OK && piece.size > 0) {
        if (size + piece.size > capacity) {
            if (memory_short()) {
                (void)body_fail(x, RESULT_BUSY, maximum);
                return false;
            }
            size_t grown = capacity ? capacity * 2 : INBOUND_BYTES;
            data = arena_grow(rq->work.arena, data, capacity, grown);
            capacity = grown;
        }
        memcpy(data + size, piece.data, piece.size);
        size += piece.size;
    }
    if (result != RESULT_OK)
        return false;
    rq->body = slice_of(data ? data : "", size);
    return true;
}

bool body_may_settle(const struct exchange *x)
{
    const struct inbound *m = x->request.connection->in;
    if (m->done)
        return true;
    if (x->body_broken || m->left > SETTLE_BYTES_MAX)
        return false;
    /* Nobody said 100 Continue: the client may send the body or leave it, and no one can tell which. */
    return x->body_started || !m->head.expects_continue;
}

bool body_settle(struct exchange *x)
{
    struct http_connection *c = x->request.connection;
    struct slice piece = SLICE_NONE;
    int64_t deadline_us = c->in->done ? 0 : clock_monotonic_us() + GRACE_US;
    size_t dropped = 0;
    while (!c->in->done && dropped <= SETTLE_BYTES_MAX) {
        if (body_await(x, deadline_us, INBOUND_BYTES, &piece) != RESULT_OK)
            return false;
        dropped += piece.size;
    }
    return c->in->done;
}

int64_t request_body_declared(const struct request *rq)
{
    const struct http_head *head = rq->head;
    if (head->framing == HTTP_CHUNKED)
        return -1;
    return head->framing == HTTP_LENGTH ? head->content_length : 0;
}
