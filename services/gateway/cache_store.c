/* See cache_store.h.
 *
 * Positions in the ring only grow; a position's place is its remainder by the ring's size. Invariants: tail <= head <= tail + size; every entry between
 * them lies in one piece, begins at a multiple of UNIT and with a struct kept; a stretch without an answer has no key. A slot of the table is
 * position / UNIT in its upper 48 bits and 16 bits of the key's hash below, 0 when unused: the ring begins at position `size`, so no entry's is 0. */
#include "cache_store.h"

#include "base/hash.h"
#include "base/memory.h"
#include "cache_ids.h"

#include <assert.h>
#include <sys/mman.h>

#define UNIT 64
#define WAYS 8                        /* one cache line */
#define BYTES_PER_SLOT 256
#define LARGEST_PART 16               /* of the ring, one answer */
#define RING_SMALL (256 * 1024)       /* up to here the ring is used before its beginning is used again */

struct kept {
    uint64_t hash, version, etag;
    int64_t ends_us;
    uint32_t size;                    /* of all of it, a multiple of UNIT */
    uint32_t key_size;                /* 0: nothing here */
    uint32_t lines_size, body_size;
    uint16_t id_count;
    bool any_change_ends_it;
    /* Behind it: slots of the ids, key, lines, body. */
};

struct cache_store {
    char *ring;
    size_t size;
    uint64_t head, tail;
    uint64_t (*table)[WAYS];
    size_t bucket_count;              /* a power of two */
    uint64_t version, everything_changed;
    uint64_t pushed_out;
    size_t bytes;                     /* of answers between tail and head */
    uint64_t changed[CACHE_SUBJECTS];
};

static void *map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static size_t table_bytes(const struct cache_store *store)
{
    return store->bucket_count * sizeof store->table[0];
}

struct cache_store *cache_store_new(size_t bytes)
{
    struct cache_store *store = memory_new(sizeof *store);
    assert(bytes >= CACHE_BYTES_MIN);
    store->size = bytes / UNIT * UNIT;
    store->head = store->tail = store->size;
    for (store->bucket_count = 1; store->bucket_count * WAYS * BYTES_PER_SLOT < bytes;)
        store->bucket_count *= 2;
    store->ring = map(store->size);
    store->table = map(table_bytes(store));
    if (store->ring && store->table)
        return store;
    cache_store_free(store);
    return NULL;
}

void cache_store_free(struct cache_store *store)
{
    if (!store)
        return;
    if (store->ring)
        munmap(store->ring, store->size);
    if (store->table)
        munmap(store->table, table_bytes(store));
    memory_free(store);
}

/* ---- What has changed ---- */

uint64_t cache_store_version(const struct cache_store *store)
{
    return store->version;
}

void cache_store_changed(struct cache_store *store, struct slice ids)
{
    store->version++;
    for (struct slice rest = ids; !slice_is_none(rest);) {
        uint16_t slot;
        if (cache_id_slot(slice_cut(rest, ' ', &rest), &slot))
            store->changed[slot] = store->version;
        else
            store->everything_changed = store->version;
    }
}

static bool holds(const struct cache_store *store, uint64_t version, const uint16_t *slots, size_t count)
{
    if (store->everything_changed > version)
        return false;
    for (size_t i = 0; i < count; i++)
        if (store->changed[slots[i]] > version)
            return false;
    return true;
}

bool cache_store_holds(const struct cache_store *store, struct slice key, uint64_t version)
{
    struct cache_ids ids = { 0 };
    cache_ids_of_target(&ids, key);
    return holds(store, version, ids.slots, ids.count);
}

/* ---- The ring ---- */

static struct kept *at(const struct cache_store *store, uint64_t position)
{
    return (struct kept *)(store->ring + position % store->size);
}

static const uint16_t *slots_of(const struct kept *kept)
{
    return (const uint16_t *)(kept + 1);
}

static char *text_of(const struct kept *kept)
{
    return (char *)(kept + 1) + kept->id_count * sizeof(uint16_t);
}

static void pass_tail(struct cache_store *store, int64_t now_us)
{
    const struct kept *kept = at(store, store->tail);
    if (kept->key_size > 0) {
        store->bytes -= kept->size;
        store->pushed_out += kept->ends_us > now_us;
    }
    store->tail += kept->size;
}

static void drop_ended(struct cache_store *store, int64_t now_us)
{
    while (store->tail < store->head && (at(store, store->tail)->key_size == 0 || at(store, store->tail)->ends_us <= now_us))
        pass_tail(store, now_us);
}

static void make_room(struct cache_store *store, size_t size, int64_t now_us)
{
    while (store->head + size - store->tail > store->size)
        pass_tail(store, now_us);
}

/* A piece of that size at the head, which is moved to the ring's beginning where it would not fit, and also as soon as little is alive: memory
 * that was never needed is never touched. */
static struct kept *take_piece(struct cache_store *store, size_t size, int64_t now_us)
{
    size_t place = store->head % store->size;
    bool wasteful = place >= RING_SMALL && (store->head - store->tail) * 4 <= place;
    if (place > 0 && (place + size > store->size || wasteful)) {
        make_room(store, store->size - place, now_us);
        *at(store, store->head) = (struct kept){ .size = (uint32_t)(store->size - place) };
        store->head += store->size - place;
    }
    make_room(store, size, now_us);
    return at(store, store->head);
}

/* ---- The table ---- */

static uint64_t *bucket_of(const struct cache_store *store, uint64_t hash)
{
    return store->table[(hash >> 16) & (store->bucket_count - 1)];
}

static uint64_t slot_value(uint64_t position, uint64_t hash)
{
    return position / UNIT << 16 | (hash & 0xffff);
}

static uint64_t slot_position(uint64_t slot)
{
    return (slot >> 16) * UNIT;
}

/* The entry of that key in its bucket, or NULL. */
static uint64_t *slot_find(const struct cache_store *store, struct slice key, uint64_t hash)
{
    uint64_t *bucket = bucket_of(store, hash);
    for (int way = 0; way < WAYS; way++) {
        if ((bucket[way] & 0xffff) != (hash & 0xffff) || slot_position(bucket[way]) < store->tail)
            continue;
        const struct kept *kept = at(store, slot_position(bucket[way]));
        if (kept->hash == hash && slice_equals(slice_of(text_of(kept), kept->key_size), key))
            return &bucket[way];
    }
    return NULL;
}

static uint64_t *slot_oldest(const struct cache_store *store, uint64_t hash)
{
    uint64_t *bucket = bucket_of(store, hash), *oldest = bucket;
    for (int way = 1; way < WAYS; way++)
        if (slot_position(bucket[way]) < slot_position(*oldest))
            oldest = &bucket[way];
    return oldest;
}

/* ---- Finding and keeping ---- */

bool cache_store_find(struct cache_store *store, struct slice key, int64_t now_us, struct cache_entry *out)
{
    uint64_t *slot = slot_find(store, key, hash_bytes(key));
    const struct kept *kept = slot ? at(store, slot_position(*slot)) : NULL;
    if (!kept || kept->ends_us <= now_us || !holds(store, kept->version, slots_of(kept), kept->id_count) ||
        (kept->any_change_ends_it && kept->version != store->version))
        return false;
    const char *lines = text_of(kept) + kept->key_size;
    *out = (struct cache_entry){ slice_of(lines, kept->lines_size), slice_of(lines + kept->lines_size, kept->body_size), kept->etag };
    return true;
}

static char *append(char *to, struct slice bytes)
{
    if (bytes.size > 0)
        memcpy(to, bytes.data, bytes.size);
    return to + bytes.size;
}

static void fill(struct kept *kept, struct slice key, const struct cache_entry *entry, const struct cache_ids *ids)
{
    memcpy(kept + 1, ids->slots, ids->count * sizeof ids->slots[0]);
    (void)append(append(append(text_of(kept), key), entry->lines), entry->body);
}

bool cache_store_put(struct cache_store *store, struct slice key, const struct cache_entry *entry, uint64_t version, int64_t ends_us,
                     int64_t now_us)
{
    struct cache_ids ids = { 0 };
    cache_ids_of_target(&ids, key);
    cache_ids_of_json(&ids, entry->body);
    size_t text = key.size + entry->lines.size + entry->body.size;
    size_t size = (sizeof(struct kept) + ids.count * sizeof ids.slots[0] + text + UNIT - 1) / UNIT * UNIT;
    if (key.size == 0 || size > store->size / LARGEST_PART || ends_us <= now_us || !holds(store, version, ids.slots, ids.count) ||
        (ids.too_many && version != store->version))
        return false;
    uint64_t hash = hash_bytes(key);
    drop_ended(store, now_us);
    struct kept *kept = take_piece(store, size, now_us);
    *kept = (struct kept){ .hash = hash, .version = version, .etag = entry->etag, .ends_us = ends_us, .size = (uint32_t)size,
                           .key_size = (uint32_t)key.size, .lines_size = (uint32_t)entry->lines.size, .body_size = (uint32_t)entry->body.size,
                           .id_count = (uint16_t)ids.count, .any_change_ends_it = ids.too_many };
    fill(kept, key, entry, &ids);
    uint64_t *slot = slot_find(store, key, hash);
    *(slot ? slot : slot_oldest(store, hash)) = slot_value(store->head, hash);
    store->head += size;
    store->bytes += size;
    return true;
}

void cache_store_trim(struct cache_store *store, int64_t now_us)
{
    drop_ended(store, now_us);
    if (store->tail < store->head || store->head % store->size == 0)
        return;
    store->head = store->tail = (store->head / store->size + 1) * store->size;
    madvise(store->ring, store->size, MADV_DONTNEED);
    madvise(store->table, table_bytes(store), MADV_DONTNEED);
}

struct cache_store_stats cache_store_stats(const struct cache_store *store)
{
    return (struct cache_store_stats){ store->bytes, store->pushed_out };
}
