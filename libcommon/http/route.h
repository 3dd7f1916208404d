/* Routes: generated from the contracts (build/gen/<service>/routes.c); matched by method and path. */
#ifndef CUOTAS_HTTP_ROUTE_H
#define CUOTAS_HTTP_ROUTE_H

#include "http/request.h"

enum route_idempotency { IDEMPOTENCY_NONE, IDEMPOTENCY_OPTIONAL, IDEMPOTENCY_REQUIRED };
/* For the gateway (x-cache): what is answered may be kept for a moment, or what is done may change what another route of that service
 * answered. */
enum route_cache { ROUTE_NOT_KEPT, ROUTE_KEPT, ROUTE_CHANGES_KEPT };

/* x-version: a good answer's ETag is the `version` in its body; pinned: and If-Match must say which one was read (service/version.h). */
enum route_version { ROUTE_VERSION_NONE, ROUTE_VERSION_SHOWN, ROUTE_VERSION_PINNED };

struct route {
    enum http_method method;
    const char *path;                 /* template: "/v1/orders/{id}/schedule" */
    const char *operation;            /* operationId */
    /* Decodes path, query and body into a generated struct in the arena, checking everything the contract says; NULL with
     * the failure recorded. Then the handler. Both made by the generator into one call. */
    SUSPENDS struct reply (*handle)(struct request *rq);
    const char *const *scopes;        /* any of these lets in; NULL: public */
    enum route_idempotency idempotency;
    bool streams_body;                /* the handler reads the body itself */
    bool accepts_json;                /* Content-Type must be application/json when a body is sent */
    enum route_cache cache;
    enum route_version version;
    bool creates;                     /* a 201's body has an id, and GET <path>/<id> reads it: Location says so */
    size_t body_max;
    int timeout_ms;
    int cost;                         /* requests it counts for at the rate limit; 0: one */
    bool limited_as_auth;             /* by the stricter limit of what costs a password hash, for whoever asks */
};

/* A set of routes compiled into a trie-like table. */
struct router;
struct router *router_new(const struct route *routes, size_t count);
/* NULL: no such path (*allowed == 0), or the path exists with other methods (bits 1 << method). */
const struct route *router_match(const struct router *router, enum http_method method, struct slice path,
                                 struct slice args[PATH_ARGS_MAX], unsigned *allowed);
/* The Allow header of a path, from the bits router_match gave: "GET, POST". */
struct slice route_allow(struct arena *arena, unsigned allowed);
void router_free(struct router *router);

#endif
