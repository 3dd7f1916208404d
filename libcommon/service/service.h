/* What every service's main() is: one call. The rest is generated tables and the service's own hooks. */
#ifndef CUOTAS_SERVICE_SERVICE_H
#define CUOTAS_SERVICE_SERVICE_H

#include "bus/events.h"
#include "bus/job.h"
#include "db/db.h"
#include "http/request.h"
#include "http/route.h"

struct service {
    const char *name;                               /* "catalog" */
    /* Generated (build/gen/<service>/tables.c). */
    const struct route *routes;
    size_t route_count;
    const struct statement *const *statements;      /* NULL-terminated; NULL: the service has no database */
    const struct migration *migrations;
    size_t migration_count;
    const struct consumer_rule *rules;
    const struct job_kind *job_kinds;
    const char *const *peers;                       /* services it calls or consumes: <PEER>_URL is required */
    /* The service's own. All may be NULL. */
    void (*configure)(void);                        /* reads its configuration */
    SUSPENDS bool (*start)(struct work *w);         /* once, after the database is open, before listening; false: stop */
    /* Closes one business day: `date` (YYYY-MM-DD) is today in the merchant's zone. Runs for each date in order, as job
     * "day_close:<date>", once; must be idempotent. The next date's job is made when it returns JOB_DONE. */
    SUSPENDS enum job_outcome (*day_close)(struct work *w, struct slice date);
    SUSPENDS struct reply (*dispatch)(struct request *rq);   /* instead of dispatch_route: the gateway */
    SUSPENDS bool (*ready)(struct work *w);         /* extra condition of /readyz */
    void (*stop)(void);
    bool faces_clients;                             /* its connections are kept by the world's clients, not by our own services */
};

/* Generated as `const struct service_tables` by `service_tables()`; see proto/generator. */
int service_main(int argc, char **argv, const struct service *service);

/* The process was asked to end: what waits for nothing in particular may stop. */
bool service_stopping(void);
/* Base URL of a peer service. */
const char *service_peer_url(const char *name);
/* Calls a peer as this service. JSON in (none: no body), JSON out. NULL with the failure recorded
 * (the peer's own problem taken over) unless 2xx; else the reply body. */
SUSPENDS const struct slice *service_call(struct work *w, const char *peer, const char *method, struct slice target, struct slice body);

/* The usual dispatch: route, identity, scopes, idempotency replay, body, handler. Also answers /livez, /readyz, /metrics,
 * /internal/events, /internal/quiet, /internal/test-clock, /internal/dead-letters. */
SUSPENDS struct reply dispatch_route(struct request *rq);
/* Reads the body as the matched route wants it: its limit, its media type. False with the failure recorded. */
SUSPENDS bool dispatch_read_body(struct request *rq);
bool service_test_clock(void);

#endif
