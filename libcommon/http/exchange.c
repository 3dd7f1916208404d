/* The coroutine of a request: makes the unit of work, calls dispatch, writes the reply, settles the rest of the body, and hands
 * the connection back. The exchange lives in the work's arena and dies with it; the connection is BUSY and so stays.
 * A handler cannot leave a request without an answer: what it neither returned nor wrote becomes `internal`. */
#include "http/exchange.h"

#include "base/log.h"
#include "base/uuid.h"
#include "gen/problems.h"
#include "io/resolve.h"
#include "wire/traceparent.h"

#define TRACE_ID_AT 3
#define TRACE_ID_BYTES 32
#define LOGGED_SEGMENT_MAX 40   /* a UUID has 36; what a link is signed with alone is longer */
#define CARD_DIGITS_MIN 13

static struct exchange *exchange_new(struct http_connection *c)
{
    struct arena *arena = arena_new();
    struct exchange *x = ARENA_NEW(arena, struct exchange);
    struct request *rq = &x->request;
    const struct http_head *head = &c->in->head;
    rq->work.arena = arena;
    rq->work.deadline_us = c->started_us + REQUEST_TIMEOUT_MS * INT64_C(1000);
    rq->work.traceparent = traceparent_next(arena, http_header_find(head, "traceparent"));
    rq->work.trace_id = slice_of(rq->work.traceparent.data + TRACE_ID_AT, TRACE_ID_BYTES);
    rq->head = head;
    rq->path = slice_cut(head->target, '?', &rq->query);
    rq->connection = c;
    return x;
}

static void exchange_check_answer(struct exchange *x, struct reply *reply)
{
    struct request *rq = &x->request;
    if (x->state == REPLY_NONE && reply->status == 0) {
        log_error("a handler gave no reply", LOG_SLICE("path", request_path_to_log(rq)), LOG_SLICE("trace_id", rq->work.trace_id));
        rq->work.failure = (struct failure){ .problem = &PROBLEM_internal };
        *reply = reply_problem(rq);
    } else if (x->state != REPLY_NONE && reply->status != 0) {
        log_error("a handler replied twice", LOG_SLICE("path", request_path_to_log(rq)), LOG_SLICE("trace_id", rq->work.trace_id));
        x->state = REPLY_BROKEN;
    }
}

void exchange_main(void *arg)
{
    struct http_connection *c = arg;
    const struct http_server_config *config = &c->server->config;
    struct exchange *x = exchange_new(c);
    struct arena *arena = x->request.work.arena;
    struct reply reply = config->dispatch(&x->request);
    exchange_check_answer(x, &reply);
    reply_finish(x, &reply);
    reply.status = x->status;
    if (config->finished)
        config->finished(&x->request, &reply, c->started_us);
    bool answered = x->state == REPLY_ENDED;
    bool go_on = answered && !x->close && body_settle(x);
    arena_free(arena);
    connection_done(c, go_on, answered);
}

struct slice request_peer(struct request *rq)
{
    struct http_connection *c = rq->connection;
    struct address address;
    if (!c->peer[0]) {   /* a system call: once a connection */
        if (stream_peer(c->stream, &address))
            address_ip_text(&address, c->peer);
        if (!c->peer[0])
            strcpy(c->peer, "unix");
    }
    return slice_from_text(c->peer);
}

/* Ids and words are shown. What is longer is a token; so many digits without a letter between them, and no UUID, may be a card's number. */
static bool segment_is_secret(struct slice segment)
{
    size_t digits = 0, most = 0;
    if (segment.size < CARD_DIGITS_MIN)
        return false;
    for (size_t i = 0; i < segment.size; i++) {
        char c = segment.data[i], lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            digits++;
        else if (lower >= 'a' && lower <= 'z')
            digits = 0;
        most = digits > most ? digits : most;
    }
    return segment.size > LOGGED_SEGMENT_MAX || (most >= CARD_DIGITS_MIN && !uuid_valid(segment));
}

/* Written into a copy, made only when something is left out: what stands for it is never longer. */
struct slice request_path_to_log(const struct request *rq)
{
    char *out = NULL;
    size_t size = 0;
    for (struct slice rest = rq->path; !slice_is_none(rest);) {
        size_t at = (size_t)(rest.data - rq->path.data);
        struct slice shown = slice_cut(rest, '/', &rest);
        bool is_secret = segment_is_secret(shown);
        if (is_secret && !out) {
            out = ARENA_ARRAY(rq->work.arena, char, rq->path.size);
            memcpy(out, rq->path.data, at);
            size = at;
        }
        if (!out)
            continue;
        shown = is_secret ? SLICE("...") : shown;
        memcpy(out + size, shown.data, shown.size);
        size += shown.size;
        if (!slice_is_none(rest))
            out[size++] = '/';
    }
    return out ? slice_of(out, size) : rq->path;
}

struct slice request_header(const struct request *rq, const char *name)
{
    return http_header_find(rq->head, name);
}

size_t request_accepted(const struct request *rq, const char *const *kinds, size_t count)
{
    struct slice accept = request_header(rq, "accept"), parameters;
    while (!slice_is_none(accept)) {
        const struct slice kind = slice_trim(slice_cut(slice_cut(accept, ',', &accept), ';', &parameters));
        if (slice_equals_text(kind, "*/*"))
            return 0;
        for (size_t i = 0; i < count; i++)
            if (slice_equals_nocase(kind, slice_from_text(kinds[i])))
                return i;
    }
    return 0;
}
