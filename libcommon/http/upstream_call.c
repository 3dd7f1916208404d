/* Buffered calls: one request, its whole reply in the work's arena. Built on the streaming exchange. A call that was
 * not taken up, or is repeatable and got no byte of an answer, is sent again on another connection. Everything here but upstream_fail suspends. */
#include "base/memory.h"
#include "gen/problems.h"
#include "http/problem.h"
#include "http/upstream.h"
#include "http/upstream_pool.h"
#include "wire/json.h"

/* A larger reply is not taken into the reserve. */
#define UPSTREAM_BODY_BULK (64 * 1024)

static struct slice call_head(struct work *w, const struct upstream *up, const struct upstream_request *rq)
{
    struct arena *arena = w->arena;
    struct slice framing = SLICE("");
    if (rq->body.size > 0)
        framing = arena_printf(arena, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                               rq->content_type ? rq->content_type : "application/json", rq->body.size);
    else if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0)
        framing = SLICE("Content-Length: 0\r\n");
    bool traced = w->traceparent.size > 0;
    return arena_printf(arena, "%s %.*s HTTP/1.1\r\nHost: %.*s\r\n%s%.*s%s%.*s%.*s\r\n", rq->method, SLICE_FMT(rq->target),
                        SLICE_FMT(up->authority), traced ? "traceparent: " : "", SLICE_FMT(w->traceparent),
                        traced ? "\r\n" : "", SLICE_FMT(framing), SLICE_FMT(rq->headers));
}

/* The head outlives the exchange: its bytes are copied and its slices moved along. */
static const struct http_head *head_copy(struct work *w, const struct upstream_exchange *x)
{
    const struct inbound *m = x->in;
    struct http_head *copy = ARENA_NEW(w->arena, struct http_head);
    const char *bytes = arena_copy(w->arena, slice_of(m->in, m->pinned)).data;
    *copy = m->head;
    for (size_t i = 0; i < copy->header_count; i++) {
        copy->headers[i].name.data = bytes + (copy->headers[i].name.data - m->in);
        copy->headers[i].value.data = bytes + (copy->headers[i].value.data - m->in);
    }
    return copy;
}

SUSPENDS static enum result read_body(struct work *w, struct upstream_exchange *x, struct slice *body)
{
    int64_t length = x->in->done ? 0 : upstream_body_length(x);
    if (length > UPSTREAM_BODY_MAX)
        return RESULT_TOO_LARGE;
    if (length > UPSTREAM_BODY_BULK && memory_short())
        return RESULT_BUSY;
    size_t size = 0, capacity = length > 0 ? (size_t)length : 0;
    char *data = capacity ? arena_alloc(w->arena, capacity) : NULL;
    struct slice piece;
    enum result result;
    while ((result = upstream_read(x, &piece)) == RESULT_OK && piece.size > 0) {
        if (size + piece.size > UPSTREAM_BODY_MAX)
            return RESULT_TOO_LARGE;
        if (size + piece.size > capacity) {
            if (capacity > UPSTREAM_BODY_BULK && memory_short())
                return RESULT_BUSY;
            size_t grown = capacity ? capacity * 2 : INBOUND_BYTES;
            data = arena_grow(w->arena, data, capacity, grown);
            capacity = grown;
        }
        memcpy(data + size, piece.data, piece.size);
        size += piece.size;
    }
    *body = slice_of(data ? data : "", size);
    return result == RESULT_CLOSED ? RESULT_MALFORMED : result;   /* cut short */
}

SUSPENDS static enum result call_once(struct work *w, struct upstream *up, const struct upstream_request *rq,
                                      struct upstream_reply *out, bool *again)
{
    struct upstream_exchange *x = NULL;
    const struct http_head *head = NULL;
    *again = false;
    enum result result = upstream_open(w, up, &x);
    if (result != RESULT_OK)
        return result;
    result = upstream_send(x, call_head(w, up, rq), rq->body);
    /* A refusal may have come before all was sent. */
    if (result == RESULT_OK || result == RESULT_CLOSED)
        result = upstream_read_head(x, strcmp(rq->method, "HEAD") == 0, &head);
    if (result == RESULT_OK) {
        out->status = head->status;
        out->head = head_copy(w, x);
        result = read_body(w, x, &out->body);
    }
    *again = upstream_may_repeat(x, rq->repeatable);
    upstream_finish(x);
    return result;
}

enum result upstream_call(struct work *w, struct upstream *up, const struct upstream_request *rq, struct upstream_reply *out)
{
    enum result result = RESULT_FAILED;
    bool again = true;
    for (int try = 0; try < UPSTREAM_TRIES && again; try++) {
        *out = (struct upstream_reply){ 0 };
        result = call_once(w, up, rq, out, &again);
        again = again && (result == RESULT_OK || result == RESULT_CLOSED);
    }
    if (again && result == RESULT_OK)
        result = RESULT_CLOSED;   /* everybody we asked was on the way out */
    return result;
}

/* ---- a service's refusal as ours ---- */

static bool is_problem(const struct upstream_reply *reply)
{
    struct slice rest, type = http_header_find(reply->head, "content-type");
    return slice_equals_nocase(slice_trim(slice_cut(type, ';', &rest)), SLICE(PROBLEM_CONTENT_TYPE)) &&
           json_check(reply->body, NULL, NULL);
}

/* A code of another version of the contracts is passed on as it is. */
static const struct problem *problem_taken_over(struct arena *arena, const struct upstream_reply *reply)
{
    struct slice code = json_walk_text(arena, json_walk_member(reply->body, "code"));
    struct slice title = json_walk_text(arena, json_walk_member(reply->body, "title"));
    const struct problem *known = problem_find(code);
    if (slice_is_none(code) || (known && known->status == reply->status))
        return known;
    struct problem *problem = ARENA_NEW(arena, struct problem);
    *problem = (struct problem){
        .code = arena_copy(arena, code).data,
        .status = reply->status,
        .title = slice_is_none(title) ? http_reason(reply->status) : arena_copy(arena, title).data,
    };
    return problem;
}

static int retry_after_of(const struct upstream_reply *reply)
{
    int64_t seconds = 0;
    bool sent = slice_to_int64(http_header_find(reply->head, "retry-after"), &seconds);
    return sent && seconds > 0 && seconds < 86400 ? (int)seconds : 0;
}

void *upstream_fail(struct work *w, enum result result, const struct upstream_reply *reply)
{
    if (result != RESULT_OK)
        return work_fail(w, problem_of_upstream(result), "a service behind gave no answer: %s", result_name(result));
    const struct problem *problem = reply->status >= 400 && is_problem(reply) ? problem_taken_over(w->arena, reply) : NULL;
    if (!problem)
        return work_fail(w, &PROBLEM_unavailable, "a service behind answered %d", reply->status);
    if (work_failed(w))
        return NULL;
    w->failure.problem = problem;
    w->failure.body = reply->body;
    w->failure.retry_after_s = retry_after_of(reply);
    w->failure.detail = json_walk_text(w->arena, json_walk_member(reply->body, "detail"));
    return NULL;
}
