/* Every request's way through the gateway: route by the contracts, take the rate limit, verify the token, check the scope, then
 * the gateway's own handler or the service behind. Refusals cost no upstream. Inbound identity headers are never read here and
 * never passed on. */
#include "base/limits.h"
#include "base/put.h"
#include "cache.h"
#include "gateway.h"
#include "gen/gateway/upstreams.h"
#include "gen/problems.h"
#include "http/server.h"
#include "io/loop.h"
#include "io/resolve.h"
#include "service/builtin.h"
#include "service/config.h"
#include "service/identity.h"

#include <stdlib.h>

#define ROUTES_MAX 512
#define LIMIT_LINES_BYTES 128   /* three names and three numbers */

static struct router *router;
static struct route routes[ROUTES_MAX];
static size_t public_count;   /* routes[0 .. public_count) are upstream_routes, the rest the builtins */
static enum limit_class limit_classes[ROUTES_MAX];
static bool trust_forwarded;

void gateway_routes_setup(void)
{
    size_t count = 0;
    trust_forwarded = config_flag("TRUST_FORWARDED_FOR");
    if (upstream_route_count + builtin_route_count > ROUTES_MAX)
        abort();
    for (size_t i = 0; i < upstream_route_count; i++) {
        limit_classes[count] = upstream_routes[i].limited_as_auth ? LIMIT_AUTH : LIMIT_API;
        routes[count++] = upstream_routes[i];
    }
    public_count = count;
    for (size_t i = 0; i < builtin_route_count; i++)
        if (!builtin_routes[i].scopes)   /* /livez, /readyz, /metrics; nothing internal is reachable from outside */
            routes[count++] = builtin_routes[i];
    router = router_new(routes, count);
}

void gateway_routes_close(void)
{
    router_free(router);
    router = NULL;
}

/* Of several such lines the last: a proxy that adds a line of its own leaves the client's before it. */
static struct slice last_forwarded(const struct http_head *head)
{
    struct slice last = SLICE_NONE;
    for (size_t i = 0; i < head->header_count; i++)
        if (slice_equals_nocase(head->headers[i].name, SLICE("x-forwarded-for")))
            last = head->headers[i].value;
    return last;
}

/* The client's address: the peer's, or what the last proxy before us wrote when the operator says there is one. */
static struct slice client_address(struct request *rq)
{
    struct slice forwarded = trust_forwarded ? last_forwarded(rq->head) : SLICE_NONE;
    if (slice_is_none(forwarded))
        return request_peer(rq);
    size_t start = forwarded.size;
    while (start > 0 && forwarded.data[start - 1] != ',')
        start--;
    struct slice last = slice_trim(slice_of(forwarded.data + start, forwarded.size - start));
    bool plain = last.size > 0 && last.size <= 45;
    for (size_t i = 0; i < last.size; i++)
        plain = plain && strchr("0123456789abcdefABCDEF:.", last.data[i]);
    return plain ? last : request_peer(rq);
}

/* Whom an address stands for: of IPv6 the /64, which one customer of a provider has to itself. */
static struct slice address_key(struct request *rq)
{
    struct slice ip = rq->work.identity.client_ip;
    struct address address;
    if (!memchr(ip.data, ':', ip.size) || !address_parse(ip, 0, &address))
        return ip;
    return arena_printf(rq->work.arena, "group %llx", (unsigned long long)address_group(&address));
}

static struct slice limit_lines(struct arena *arena, const struct limit_state *state)
{
    char *start = arena_alloc(arena, LIMIT_LINES_BYTES), *at = start;
    at = put_decimal(PUT(at, "RateLimit-Limit: "), (uint64_t)state->limit);
    at = put_decimal(PUT(at, "\r\nRateLimit-Remaining: "), (uint64_t)state->remaining);
    at = put_decimal(PUT(at, "\r\nRateLimit-Reset: "), (uint64_t)state->reset_s);
    return slice_of(start, (size_t)(PUT(at, "\r\n") - start));
}

/* Header lines with the limit's state; false when the request is over it. */
static bool admit_rate(struct request *rq, struct slice *headers)
{
    struct work *w = &rq->work;
    bool auth = limit_classes[rq->route - routes] == LIMIT_AUTH;
    struct slice key = auth || slice_is_none(w->identity.subject) ? address_key(rq) : w->identity.subject;
    struct limit_state state = limits_take(auth ? LIMIT_AUTH : LIMIT_API, key, rq->route->cost > 1 ? rq->route->cost : 1);
    *headers = limit_lines(w->arena, &state);
    if (state.retry_after_s == 0)
        return true;
    work_fail(w, &PROBLEM_rate_limited, "wait %lld s", (long long)state.retry_after_s);
    w->failure.retry_after_s = (int)state.retry_after_s;
    return false;
}

/* A token that is no good costs us a signature check: it counts against the address it came from. */
static SUSPENDS bool admit_token(struct request *rq, struct slice *headers)
{
    if (tokens_identify(rq))
        return true;
    struct failure refused = rq->work.failure;
    rq->work.failure = (struct failure){ 0 };
    if (admit_rate(rq, headers))
        rq->work.failure = refused;
    return false;
}

static struct reply with_headers(struct request *rq, struct reply reply, struct slice headers)
{
    if (headers.size > 0)
        reply.headers = arena_printf(rq->work.arena, "%.*s%.*s", SLICE_FMT(reply.headers), SLICE_FMT(headers));
    return reply;
}

static struct reply refusal(struct request *rq, struct slice headers)
{
    return with_headers(rq, reply_problem(rq), headers);
}

static SUSPENDS struct reply serve_own(struct request *rq)
{
    return dispatch_read_body(rq) ? rq->route->handle(rq) : reply_problem(rq);
}

static SUSPENDS struct reply serve(struct request *rq, struct slice headers)
{
    const char *service = upstream_services[rq->route - routes];
    struct reply reply = rq->route->handle                ? serve_own(rq)
                         : rq->route->cache == ROUTE_KEPT ? cache_serve(rq, service, headers)
                                                          : proxy_request(rq, service, headers);
    return reply.status != 0 ? with_headers(rq, reply, headers) : reply;   /* 0: passed on with them */
}

static struct reply no_route(struct request *rq, unsigned allowed)
{
    if (allowed == 0)
        work_fail(&rq->work, &PROBLEM_not_found, "no such path; /openapi.json lists what there is");
    else
        work_fail(&rq->work, &PROBLEM_method_not_allowed, "this path has other methods");
    struct reply reply = reply_problem(rq);
    if (allowed)
        reply_header(rq, &reply, "Allow", route_allow(rq->work.arena, allowed));
    return reply;
}

struct reply gateway_dispatch(struct request *rq)
{
    unsigned allowed = 0;
    struct slice headers = SLICE("");
    rq->route = router_match(router, rq->head->method, rq->path, rq->path_args, &allowed);
    if (!rq->route)
        return no_route(rq, allowed);
    rq->work.deadline_us = loop_now_us() + ((int64_t)rq->route->timeout_ms + REQUEST_MARGIN_MS) * 1000;
    rq->work.identity.client_ip = client_address(rq);
    if (rq->route - routes >= (ptrdiff_t)public_count)
        return rq->route->handle(rq);
    if (!admit_token(rq, &headers) || !admit_rate(rq, &headers) || !identity_admit(&rq->work, rq->route->scopes))
        return refusal(rq, headers);
    return serve(rq, headers);
}
