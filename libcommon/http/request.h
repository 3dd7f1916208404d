/* A request as a handler sees it, and the reply it returns. */
#ifndef CUOTAS_HTTP_REQUEST_H
#define CUOTAS_HTTP_REQUEST_H

#include "base/result.h"
#include "base/work.h"
#include "wire/http1.h"

struct http_connection;
struct route;

#define PATH_ARGS_MAX 4

struct request {
    struct work work;                 /* must stay first */
    const struct http_head *head;     /* the parsed head: method, target, headers; valid until the reply is sent */
    struct slice path, query;         /* of the target, still percent-encoded */
    struct slice path_args[PATH_ARGS_MAX];
    struct slice body;                /* whole, unless the route streams */
    const struct route *route;
    struct http_connection *connection;
};

struct reply {
    int status;                       /* 0: the handler has already written its answer (streaming) */
    struct slice body;                /* lives as long as the request's arena, or is static */
    const char *content_type;         /* NULL: application/json */
    struct slice headers;             /* extra header lines, each "Name: value\r\n"; made by reply_header */
};

/* Next piece of a streamed request body (routes with x-streaming); size 0 at its end. */
SUSPENDS MUST_CHECK enum result request_read(struct request *rq, char *data, size_t capacity, size_t *got);
struct slice request_header(const struct request *rq, const char *name);   /* lower-case name; none when absent */
/* Which of `count` media types Accept names first, the way it is written (weights are not read): an index; 0 where it names none of them, or any. */
size_t request_accepted(const struct request *rq, const char *const *kinds, size_t count);
/* The path as it may be logged: a segment longer than any id is a token (of a payment link), and who has it may act; one with as many digits as a
 * card's number may be one. */
struct slice request_path_to_log(const struct request *rq);

struct reply reply_json(struct request *rq, int status, struct slice body);
static inline struct reply reply_ok(struct request *rq, struct slice body) { return reply_json(rq, 200, body); }
/* 201; dispatch adds Location where the contract lets the thing made be read. */
static inline struct reply reply_created(struct request *rq, struct slice body) { return reply_json(rq, 201, body); }
/* The request's first failure as application/problem+json; `internal` (500) when there is none (a bug, logged). */
struct reply reply_problem(struct request *rq);
void reply_header(struct request *rq, struct reply *reply, const char *name, struct slice value);

#endif
