/* The micro-cache: answers of public reads that the contract marks (x-cache) are kept for a moment, so that what many people look at is asked for
 * once. Nothing else about a request changes: token, rate limit, ids, log and metrics come before, and a kept answer is to the byte what the service said.
 *
 * How old can an answer be? Two things end a kept one, whichever comes first:
 *   - it is told that something in it changed: by the service, right after the commit (libcommon/bus/changes.h), within a millisecond; and by ourselves
 *     at once when a request passes through that may change it, so that whoever imports products and has the answer reads them changed here;
 *   - CACHE_TTL_MS (1000) have passed since the service was asked. That holds whatever fails: Redis away, a message lost, a service that died between
 *     committing and telling, somebody's UPDATE by hand. With CACHE_TTL_MS or CACHE_BYTES 0 nothing is kept.
 * An answer on its way while a change is told is not kept: each has the number of the last change before it was asked for. An order takes price and stock
 * from the catalog itself, under lock: a page that is old by a moment costs nobody money.
 *
 * Several requests for what is not there ask once: the first asks, the others wait for it, half a second at most. What failed is nobody's answer but the
 * one's who asked: the others ask for themselves. The first one's client may go away: the answer is finished for the others.
 *
 * Kept: answers of status 200, whole, of at most 64 KiB, without headers that say more about keeping. Never more than CACHE_BYTES (8 MiB) of them, in
 * one piece of memory used in turns (cache_store.h): no number of different queries makes it grow. They push out the oldest, which would have ended soonest;
 * what is looked at often is asked for once more and is back.
 *
 * Whether kept or not, such an answer (not a longer one, which is passed on as it comes) has an ETag, the hash of its bytes, and If-None-Match is
 * heeded; `Cache-Control: public, no-cache` lets clients keep it and ask each time. All of it is in the memory of one process and each has its own. */
#ifndef CUOTAS_GATEWAY_CACHE_H
#define CUOTAS_GATEWAY_CACHE_H

#include "http/request.h"

/* Reads CACHE_TTL_MS, CACHE_BYTES and REDIS_URL. */
void cache_configure(void);
/* False: no coroutine. */
bool cache_start(void);

/* Answers a request for a route that is ROUTE_KEPT, from memory or by asking `service`. `headers`: lines added to the answer. */
SUSPENDS struct reply cache_serve(struct request *rq, const char *service, struct slice headers);
/* For a request of a route that is ROUTE_CHANGES_KEPT, when it was answered, well or not, and before its sender hears of it: nothing kept or
 * asked for before is used from here on. */
void cache_passed_change(const struct request *rq);

#endif
