/* The gateway's parts. State lives in the process and is lost with it: nothing here is the truth of anything. */
#ifndef CUOTAS_GATEWAY_GATEWAY_H
#define CUOTAS_GATEWAY_GATEWAY_H

#include "http/request.h"
#include "http/route.h"

/* dispatch.c ------------------------------------------------------------------------------------------------------------ */
/* Every request: route, token, limits, then the gateway's own handler or the service behind. */
SUSPENDS struct reply gateway_dispatch(struct request *rq);
void gateway_routes_setup(void);
void gateway_routes_close(void);

/* tokens.c -------------------------------------------------------------------------------------------------------------- */
void tokens_configure(void);
/* Fetches crm's keys; called at start, every few minutes and for an unknown key. */
SUSPENDS bool tokens_fetch_keys(struct work *w);
bool tokens_ready(void);
/* Reads the Authorization header into rq->work.identity. False with the failure recorded when a token was sent and is not good, or none
 * was sent and the route needs one. Verified tokens are remembered by a keyed tag until they expire. */
SUSPENDS bool tokens_identify(struct request *rq);
void tokens_close(void);

/* limits.c -------------------------------------------------------------------------------------------------------------- */
enum limit_class { LIMIT_API, LIMIT_AUTH };
struct limit_state {
    int64_t limit, remaining;   /* requests a window, and what is left of it */
    int64_t reset_s;            /* until it is full again */
    int64_t retry_after_s;      /* > 0: refused */
};
void limits_configure(void);
/* Takes so many requests from the bucket of `key` in that class; one that holds fewer than the cost at its fullest is asked for all it holds. */
struct limit_state limits_take(enum limit_class class, struct slice key, int cost);

/* proxy.c --------------------------------------------------------------------------------------------------------------- */
/* What a service answered: whole, or, when it is long or of unknown length, its head with the rest still to be read. */
struct proxy_answer {
    int status;
    struct slice lines;               /* its end-to-end headers, in the arena */
    int64_t length;                   /* of the body, -1 unknown */
    struct slice body;
    struct upstream_exchange *rest;   /* NULL: the body is here */
};
/* Passes the request on to `service`. False with the failure recorded when there is no answer. A rest must be passed on: proxy_pass. */
SUSPENDS bool proxy_ask(struct request *rq, const char *service, struct proxy_answer *out);
/* Answers with it; `headers`: lines added. */
SUSPENDS struct reply proxy_pass(struct request *rq, struct proxy_answer *answer, struct slice headers);
/* Both. */
SUSPENDS struct reply proxy_request(struct request *rq, const char *service, struct slice headers);

#endif
