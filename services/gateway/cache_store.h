/* Kept answers, and what ends them. Memory alone: no I/O, no clock; nothing suspends. Times are monotonic microseconds.
 *
 * The answers lie in one ring of memory, in the order they came. All live equally long, so those at its tail end first, and making room is moving
 * the tail. The table that finds them holds places in the ring: a place that the tail has passed is free, so nothing has to be taken out of it. An entry that
 * is newer takes its key's place, or the oldest of eight.
 *
 * What an answer depends on are the ids (UUIDs) in its key's path and in its body. Each id has one of CACHE_SUBJECTS slots with the number of its last change;
 * an answer holds while none of its slots has a greater number than it was asked at. Two ids in one slot only end answers early. */
#ifndef CUOTAS_GATEWAY_CACHE_STORE_H
#define CUOTAS_GATEWAY_CACHE_STORE_H

#include "base/slice.h"

#define CACHE_BYTES_MIN (256 * 1024)
#define CACHE_SUBJECTS 16384
#define CACHE_SUBJECTS_OF_ONE 256   /* with more, an answer ends with any change */

struct cache_store;

struct cache_entry {
    struct slice lines;   /* header lines */
    struct slice body;
    uint64_t etag;
};

/* bytes: of answers, from CACHE_BYTES_MIN. NULL: there is no memory. */
struct cache_store *cache_store_new(size_t bytes);
void cache_store_free(struct cache_store *store);

/* The number of the last change: taken before an answer is asked for. */
uint64_t cache_store_version(const struct cache_store *store);
/* Ids separated by blanks, as bus/changes.h tells them; whatever is no UUID (`*`) stands for everything. */
void cache_store_changed(struct cache_store *store, struct slice ids);
/* Nothing that can be told from the key has changed since then. */
bool cache_store_holds(const struct cache_store *store, struct slice key, uint64_t version);

/* Views into the ring, valid until the next cache_store_put or _trim: copied before anything suspends. */
bool cache_store_find(struct cache_store *store, struct slice key, int64_t now_us, struct cache_entry *out);
/* False when it is not kept: too large, over, or changed meanwhile. `version`, `ends_us`: as of when it was asked for. */
bool cache_store_put(struct cache_store *store, struct slice key, const struct cache_entry *entry, uint64_t version, int64_t ends_us,
                     int64_t now_us);
/* Gives memory back when nothing is left. */
void cache_store_trim(struct cache_store *store, int64_t now_us);

struct cache_store_stats {
    size_t bytes;          /* of what has not ended by its time */
    uint64_t pushed_out;   /* before its time, for want of room */
};
struct cache_store_stats cache_store_stats(const struct cache_store *store);

#endif
