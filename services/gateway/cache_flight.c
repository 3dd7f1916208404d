/* See cache_flight.h. Flights are linked through their owners' memory, waiters through their own stacks: nothing is allocated, and both are bounded
 * by the number of requests. A waiter that leaves takes itself out; an ended flight has none. */
#include "cache_flight.h"

#include "base/hash.h"
#include "io/co.h"

#include <assert.h>

#define BUCKETS 256

struct cache_waiter {
    struct wait wait;
    struct cache_flight *flight;
    struct cache_waiter *next;
};

static struct cache_flight *flights[BUCKETS];

struct cache_flight *cache_flight_find(struct slice key)
{
    uint64_t hash = hash_bytes(key);
    for (struct cache_flight *flight = flights[hash % BUCKETS]; flight; flight = flight->next)
        if (flight->hash == hash && slice_equals(flight->key, key))
            return flight;
    return NULL;
}

void cache_flight_begin(struct cache_flight *flight, struct slice key, uint64_t version)
{
    uint64_t hash = hash_bytes(key);
    *flight = (struct cache_flight){ .key = key, .hash = hash, .version = version, .next = flights[hash % BUCKETS] };
    flights[hash % BUCKETS] = flight;
}

void cache_flight_end(struct cache_flight *flight, bool kept)
{
    struct cache_flight **link = &flights[flight->hash % BUCKETS];
    while (*link != flight) {
        assert(*link);
        link = &(*link)->next;
    }
    *link = flight->next;
    for (struct cache_waiter *waiter = flight->waiters, *next; waiter; waiter = next) {
        next = waiter->next;
        wait_finish(&waiter->wait, kept ? RESULT_OK : RESULT_FAILED);
    }
    flight->waiters = NULL;
}

static void leave(struct wait *wait)
{
    struct cache_waiter *waiter = wait->owner, **link = &waiter->flight->waiters;
    while (*link != waiter) {
        assert(*link);
        link = &(*link)->next;
    }
    *link = waiter->next;
}

SUSPENDS enum result cache_flight_wait(struct cache_flight *flight, int64_t deadline_us)
{
    struct cache_waiter waiter = { .wait = { .abandon = leave }, .flight = flight, .next = flight->waiters };
    waiter.wait.owner = &waiter;
    flight->waiters = &waiter;
    return wait_for(&waiter.wait, deadline_us);
}
