/* The replies handlers return: values, made in the request's arena and written by the server afterwards (reply_write.c).
 * Nothing here suspends. */
#include "base/log.h"
#include "gen/problems.h"
#include "http/problem.h"
#include "http/request.h"

struct reply reply_json(struct request *rq, int status, struct slice body)
{
    (void)rq;
    return (struct reply){ .status = status, .body = body };
}

struct reply reply_problem(struct request *rq)
{
    struct work *w = &rq->work;
    struct failure *failure = &w->failure;
    if (!failure->problem) {
        log_error("a handler failed without saying why", LOG_SLICE("path", request_path_to_log(rq)), LOG_SLICE("trace_id", w->trace_id));
        failure->problem = &PROBLEM_internal;
    }
    struct reply reply = { .status = failure->problem->status, .content_type = PROBLEM_CONTENT_TYPE };
    reply.body = slice_is_none(failure->body) ? problem_document(w->arena, failure, w->trace_id) : failure->body;
    int retry_after_s = problem_retry_after_s(failure);
    if (retry_after_s > 0)
        reply_header(rq, &reply, "Retry-After", work_int(w, retry_after_s));
    if (reply.status == 401)
        reply_header(rq, &reply, "WWW-Authenticate", SLICE("Bearer realm=\"cuotas\""));
    return reply;
}

/* A value from outside must not end its line: control characters become blanks. */
static void put_value(char *at, struct slice value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        at[i] = c < 0x20 || c == 0x7f ? ' ' : value.data[i];
    }
}

void reply_header(struct request *rq, struct reply *reply, const char *name, struct slice value)
{
    size_t before = reply->headers.size, name_size = strlen(name);
    size_t size = before + name_size + 2 + value.size + 2;
    char *lines = arena_alloc(rq->work.arena, size), *at = lines;
    if (before > 0)
        memcpy(at, reply->headers.data, before);
    at += before;
    memcpy(at, name, name_size);
    memcpy(at + name_size, ": ", 2);
    put_value(at + name_size + 2, value);
    memcpy(lines + size - 2, "\r\n", 2);
    reply->headers = slice_of(lines, size);
}
