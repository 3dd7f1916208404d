/* Writing replies. A whole one is one writev of head and body. A streaming one holds its head back until the first piece (an
 * empty piece sends it), so that a small proxied reply is one writev too. The framing is ours alone: a piece beyond the announced
 * length is refused, and a reply that ends short of it ends the connection.
 * A slow reader has a few seconds plus its reply's size at HTTP_BODY_RATE_MIN; the work's deadline does not count here, since what
 * failed by it must still be said. The reply_* of server.h and reply_finish suspend. */
#include "http/exchange.h"
#include "http/problem.h"
#include "http/reply_head.h"
#include "io/loop.h"
#include "wire/traceparent.h"

#include <stdio.h>

#define GRACE_US (5 * INT64_C(1000000))
#define PARTS_MAX 4

static_assert(REPLY_CHUNKED == (int)REPLY_LENGTH_CHUNKED && REPLY_UNTIL_CLOSE == (int)REPLY_LENGTH_NONE,
              "an exchange's `left` starts as its head's length");

static struct iovec part_of(struct slice s)
{
    return (struct iovec){ (char *)s.data, s.size };
}

SUSPENDS static enum result reply_send(struct exchange *x, const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    int64_t deadline_us = loop_now_us() + GRACE_US + (int64_t)size * 1000000 / HTTP_BODY_RATE_MIN;
    slow_begin(x);
    enum result result = stream_write(x->request.connection->stream, parts, count, deadline_us);
    slow_end(x);
    x->sent += size;
    if (result != RESULT_OK)
        x->state = REPLY_BROKEN;
    return result;
}

/* Whether the connection goes on is decided here, when the client is told. */
static const char *connection_line(struct exchange *x)
{
    const struct http_connection *c = x->request.connection;
    x->close = x->close || c->surplus || !c->in->head.keep_alive || c->server->draining ||
               c->requests >= HTTP_REQUESTS_PER_CONNECTION || !body_may_settle(x);
    if (x->close)
        return "close";
    return c->in->head.minor == 0 ? "keep-alive" : NULL;
}

static struct slice head_of(struct exchange *x, int status, int64_t length, const char *content_type, struct slice lines)
{
    x->status = status;
    x->bodyless = x->request.head->method == HTTP_HEAD || status == 204 || status == 304;
    bool unframed = status == 204 || status == 304 || (x->bodyless && length < 0);
    struct reply_head head = {
        .status = status,
        .length = unframed ? REPLY_LENGTH_NONE : length,
        .connection = connection_line(x),
        .content_type = content_type,
        .request_id = x->request.work.trace_id,
        .lines = lines,
    };
    return reply_head_make(x->request.work.arena, &head);
}

static void reply_send_whole(struct exchange *x, const struct reply *reply)
{
    const char *type = reply->content_type ? reply->content_type : "application/json";
    if (reply->status == 204)
        type = NULL;
    struct slice head = head_of(x, reply->status, (int64_t)reply->body.size, type, reply->headers);
    struct iovec parts[] = { part_of(head), part_of(reply->body) };
    x->state = REPLY_STARTED;
    if (reply_send(x, parts, x->bodyless || reply->body.size == 0 ? 1 : 2) == RESULT_OK)
        x->state = REPLY_ENDED;
}

void reply_finish(struct exchange *x, const struct reply *reply)
{
    if (x->state == REPLY_NONE)
        reply_send_whole(x, reply);
}

/* ---- streaming ---- */

enum result reply_start(struct request *rq, int status, struct slice headers, int64_t length)
{
    struct exchange *x = exchange_of(rq);
    assert(x->state == REPLY_NONE && status >= 200);
    x->left = length;
    if (length < 0 && rq->head->minor == 0) {
        x->left = REPLY_UNTIL_CLOSE;
        x->close = true;
    }
    x->state = REPLY_STARTED;
    x->held = head_of(x, status, x->left, NULL, headers);
    return RESULT_OK;
}

/* Sends what is held back and then these, in one go. */
SUSPENDS static enum result reply_pass(struct exchange *x, struct slice before, struct slice piece, struct slice after)
{
    struct iovec parts[PARTS_MAX] = { part_of(x->held), part_of(before), part_of(piece), part_of(after) };
    x->held = SLICE_NONE;
    int used = 0;
    for (int i = 0; i < PARTS_MAX; i++)
        if (parts[i].iov_len > 0)
            parts[used++] = parts[i];
    return used > 0 ? reply_send(x, parts, used) : RESULT_OK;
}

enum result reply_write(struct request *rq, struct slice piece)
{
    struct exchange *x = exchange_of(rq);
    if (x->state != REPLY_STARTED)
        return RESULT_CLOSED;
    if (x->bodyless)
        return RESULT_OK;
    if (x->left >= 0 && (uint64_t)x->left < piece.size) {
        x->state = REPLY_BROKEN;
        return RESULT_TOO_LARGE;
    }
    if (x->left >= 0)
        x->left -= (int64_t)piece.size;
    if (x->left != REPLY_CHUNKED || piece.size == 0)
        return reply_pass(x, SLICE_NONE, piece, SLICE_NONE);
    char line[24];
    int size = snprintf(line, sizeof line, "%zx\r\n", piece.size);
    return reply_pass(x, slice_of(line, (size_t)size), piece, SLICE("\r\n"));
}

enum result reply_end(struct request *rq)
{
    struct exchange *x = exchange_of(rq);
    if (x->state != REPLY_STARTED)
        return RESULT_CLOSED;
    if (x->left > 0 && !x->bodyless) {
        x->state = REPLY_BROKEN;
        return RESULT_FAILED;
    }
    bool chunked = x->left == REPLY_CHUNKED && !x->bodyless;
    enum result result = reply_pass(x, chunked ? SLICE("0\r\n\r\n") : SLICE_NONE, SLICE_NONE, SLICE_NONE);
    if (result == RESULT_OK)
        x->state = REPLY_ENDED;
    return result;
}

/* ---- refusals, without a coroutine ---- */

struct slice refusal_make(struct arena *arena, const struct problem *problem, const char *why, bool close)
{
    struct failure failure = { .problem = problem, .detail = slice_from_text(why) };
    struct slice trace_id = slice_of(traceparent_next(arena, SLICE_NONE).data + 3, 32);
    struct slice body = problem_document(arena, &failure, trace_id);
    int retry_after_s = problem_retry_after_s(&failure);
    struct reply_head head = {
        .status = problem->status,
        .length = (int64_t)body.size,
        .connection = close ? "close" : NULL,
        .content_type = PROBLEM_CONTENT_TYPE,
        .request_id = trace_id,
        .lines = retry_after_s > 0 ? arena_printf(arena, "Retry-After: %d\r\n", retry_after_s) : SLICE_NONE,
    };
    return arena_printf(arena, "%.*s%.*s", SLICE_FMT(reply_head_make(arena, &head)), SLICE_FMT(body));
}
