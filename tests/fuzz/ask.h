/* Asks an operation of orders straight: bytes as its body, through the generated decoder and the handler. */
#ifndef CUOTAS_TESTS_FUZZ_ASK_H
#define CUOTAS_TESTS_FUZZ_ASK_H

#include "fuzz.h"

#include <string.h>

#include "gen/orders/api.h"
#include "gen/problems.h"
#include "wire/json.h"

static inline const struct route *orders_route(const char *operation)
{
    size_t i = 0;
    while (i < orders_route_count && strcmp(orders_routes[i].operation, operation) != 0)
        i++;
    CHECK(i < orders_route_count);
    return &orders_routes[i];
}

/* An answer of JSON: 200, or one of the refusals a body can get. */
static inline struct reply ask(struct request *rq, const struct route *route, struct arena *arena, struct slice body)
{
    *rq = (struct request){ .work = { .arena = arena, .trace_id = SLICE("00000000000000000000000000000001") }, .body = body, .route = route };
    rq->query = SLICE_NONE;
    struct reply reply = route->handle(rq);
    CHECK(json_check(reply.body, NULL, NULL));
    CHECK(reply.status == 200 || rq->work.failure.problem == &PROBLEM_malformed_json || rq->work.failure.problem == &PROBLEM_validation_failed);
    CHECK(reply.status == (reply.status == 200 ? 200 : rq->work.failure.problem->status));
    return reply;
}

#endif
