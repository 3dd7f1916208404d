/* What is being asked for right now: of several requests for the same thing one asks, the others wait for it. One loop thread: no locks. */
#ifndef CUOTAS_GATEWAY_CACHE_FLIGHT_H
#define CUOTAS_GATEWAY_CACHE_FLIGHT_H

#include "base/result.h"
#include "base/slice.h"

#include <stdint.h>

/* Its owner's, from begin to end; the key's bytes live as long. */
struct cache_flight {
    struct slice key;
    uint64_t hash;
    uint64_t version;                /* the last change before it asked */
    struct cache_flight *next;
    struct cache_waiter *waiters;
};

/* The newest for that key, or NULL. */
struct cache_flight *cache_flight_find(struct slice key);
void cache_flight_begin(struct cache_flight *flight, struct slice key, uint64_t version);
/* Must be called, whatever came of it, before anything else may suspend. Those who wait go on: `kept`: the answer can be found now. */
void cache_flight_end(struct cache_flight *flight, bool kept);
/* RESULT_OK: look for the answer now. RESULT_FAILED: there is none to be shared. Else it took too long. */
SUSPENDS enum result cache_flight_wait(struct cache_flight *flight, int64_t deadline_us);

#endif
