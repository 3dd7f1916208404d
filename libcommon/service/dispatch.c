/* From a parsed head to a handler and back: route, identity, scopes, idempotency, body. The order matters: nothing of
 * a body is read before its sender may send it. */
#include "base/clock.h"
#include "gen/problems.h"
#include "http/server.h"
#include "service/builtin.h"
#include "service/idempotency.h"
#include "service/identity.h"
#include "service/router_setup.h"
#include "wire/json.h"

static struct router *router;

void router_setup(const struct service *service)
{
    static struct route routes[256];
    size_t count = 0;
    for (size_t i = 0; i < builtin_route_count; i++)
        routes[count++] = builtin_routes[i];
    for (size_t i = 0; i < service->route_count && count < sizeof routes / sizeof *routes; i++)
        routes[count++] = service->routes[i];
    router = router_new(routes, count);
}

void router_close(void)
{
    router_free(router);
    router = NULL;
}

static struct reply no_route(struct request *rq, unsigned allowed)
{
    if (allowed == 0) {
        work_fail(&rq->work, &PROBLEM_not_found, "no such path");
        return reply_problem(rq);
    }
    work_fail(&rq->work, &PROBLEM_method_not_allowed, "this path has other methods");
    struct reply reply = reply_problem(rq);
    reply_header(rq, &reply, "Allow", route_allow(rq->work.arena, allowed));
    return reply;
}

/* Reads who asks; true when the route lets them in. */
static bool admit(struct request *rq)
{
    struct work *w = &rq->work;
    struct slice header = request_header(rq, "x-cuotas-identity");
    enum identity_verdict verdict = slice_is_none(header) ? IDENTITY_GOOD : identity_read(w->arena, header, &w->identity);
    if (verdict == IDENTITY_FORGED)
        return work_fail(w, &PROBLEM_unauthenticated, "the identity is forged") != NULL;
    /* Whoever asked did nothing wrong: it is between the services, and may be asked again. */
    if (verdict == IDENTITY_STALE)
        return work_fail(w, &PROBLEM_unavailable, "the identity is out of date: the clocks of the services disagree") != NULL;
    if (!rq->route->scopes)
        return true;
    if (w->identity.kind == IDENTITY_NONE)
        return work_fail(w, &PROBLEM_unauthenticated, "this operation needs an identity") != NULL;
    return identity_admit(w, rq->route->scopes);
}

static bool content_type_is_json(struct slice value)
{
    struct slice rest;
    struct slice type = slice_trim(slice_cut(value, ';', &rest));
    return slice_equals_nocase(type, SLICE("application/json")) ||
           slice_equals_nocase(type, SLICE("application/merge-patch+json"));
}

bool dispatch_read_body(struct request *rq)
{
    const struct route *route = rq->route;
    if (route->body_max > 0 && !slice_is_none(request_header(rq, "content-encoding"))) {
        work_fail(&rq->work, &PROBLEM_unsupported_media_type, "send the body as it is, without Content-Encoding");
        return false;
    }
    if (route->streams_body)
        return true;
    if (!request_read_all(rq, route->body_max ? route->body_max : 0))
        return false;
    if (route->accepts_json && rq->body.size > 0 &&
        !content_type_is_json(request_header(rq, "content-type"))) {
        work_fail(&rq->work, &PROBLEM_unsupported_media_type, "the body must be application/json");
        return false;
    }
    return true;
}

/* The first answer and every replay of it say the same. */
static struct reply with_headers(struct request *rq, struct reply reply)
{
    if (reply.status >= 200 && reply.status < 300 && rq->route->version)
        reply_header(rq, &reply, "ETag", arena_printf(rq->work.arena, "\"%.*s\"", SLICE_FMT(json_walk_member(reply.body, "version"))));
    if (reply.status == 201 && rq->route->creates) {
        struct slice id = json_walk_text(rq->work.arena, json_walk_member(reply.body, "id"));
        reply_header(rq, &reply, "Location", arena_printf(rq->work.arena, "%s/%.*s", rq->route->path, SLICE_FMT(id)));
    }
    return reply;
}

struct reply dispatch_route(struct request *rq)
{
    unsigned allowed = 0;
    struct reply reply;
    rq->route = router_match(router, rq->head->method, rq->path, rq->path_args, &allowed);
    if (!rq->route)
        return no_route(rq, allowed);
    if (rq->route->timeout_ms)
        rq->work.deadline_us = clock_monotonic_us() + (int64_t)rq->route->timeout_ms * 1000;
    if (!admit(rq) || !dispatch_read_body(rq) || !idempotency_begin(rq))
        return reply_problem(rq);
    if (idempotency_replay(rq, &reply))
        return with_headers(rq, reply);
    return with_headers(rq, idempotency_end(rq, rq->route->handle(rq)));
}
