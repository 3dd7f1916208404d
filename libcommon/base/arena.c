/* Memory of a unit of work: a list of blocks, bump-allocated, returned together.
 * Invariants: the arena itself lives in its first block; blocks of the standard size go back to a process-wide pool of at most
 * ARENA_BLOCKS_POOLED, larger ones (one allocation each) are freed. Deferred calls run last first, before any memory goes, and
 * may still allocate. Under AddressSanitizer everything not handed out is poisoned and allocations are kept apart, so that
 * overflows and uses after arena_free are caught as with malloc. Nothing here suspends. */
#include "base/arena.h"

#include "base/limits.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_GAP 16
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ARENA_GAP 0
#endif

#define ARENA_ALIGN 16
#define ARENA_LARGE (ARENA_BLOCK_BYTES / 4)   /* from here on an allocation gets a block of its own */

struct block {
    struct block *next;
    size_t capacity;   /* bytes of data */
    size_t used;
    _Alignas(ARENA_ALIGN) char data[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *arg);
    void *arg;
};

struct arena {
    struct block *blocks;   /* the first is the one being filled */
    struct deferred *deferred;
    size_t used;
    size_t reserved;        /* bytes of all blocks, held against ARENA_BYTES_MAX */
};

static struct {
    struct block *first;
    size_t count;
} pool;

static_assert(ARENA_BLOCK_BYTES > sizeof(struct block) + sizeof(struct arena) + ARENA_LARGE, "a block must hold something");

static _Noreturn void arena_die(const char *why, size_t size)
{
    fprintf(stderr, "arena: %s (%zu bytes)\n", why, size);
    abort();
}

static struct block *block_new(size_t capacity)
{
    bool standard = capacity == ARENA_BLOCK_BYTES - sizeof(struct block);
    struct block *block = standard ? pool.first : NULL;
    if (block) {
        pool.first = block->next;
        pool.count--;
    } else {
        block = memory_take(sizeof *block + capacity);
        ASAN_POISON_MEMORY_REGION(block->data, capacity);
    }
    *block = (struct block){ .capacity = capacity };
    return block;
}

static void block_release(struct block *block)
{
    if (block->capacity == ARENA_BLOCK_BYTES - sizeof(struct block) && pool.count < ARENA_BLOCKS_POOLED &&
        !memory_is_short) {   /* what is the reserve's goes back to it */
        ASAN_POISON_MEMORY_REGION(block->data, block->capacity);
        block->next = pool.first;
        pool.first = block;
        pool.count++;
        return;
    }
    ASAN_UNPOISON_MEMORY_REGION(block->data, block->capacity);
    memory_free(block);
}

/* Zeroed bytes of a block known to have room. */
static void *block_take(struct block *block, size_t size)
{
    void *data = block->data + block->used;
    block->used += size;
    ASAN_UNPOISON_MEMORY_REGION(data, size);
    return memset(data, 0, size);
}

static size_t round_up(size_t size)
{
    return (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

struct arena *arena_new(void)
{
    struct block *block = block_new(ARENA_BLOCK_BYTES - sizeof(struct block));
    struct arena *arena = block_take(block, sizeof *arena);
    block->used = round_up(block->used) + ARENA_GAP;
    arena->blocks = block;
    arena->reserved = ARENA_BLOCK_BYTES;
    return arena;
}

static void arena_run_deferred(struct arena *arena)
{
    while (arena->deferred) {
        struct deferred *deferred = arena->deferred;
        arena->deferred = deferred->next;
        deferred->fn(deferred->arg);
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    arena_run_deferred(arena);
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;   /* one of them holds the arena itself: not touched from here on */
        block_release(block);
    }
}

static struct block *arena_add_block(struct arena *arena, size_t capacity)
{
    if (capacity > ARENA_BYTES_MAX || arena->reserved + capacity > ARENA_BYTES_MAX)
        arena_die("past ARENA_BYTES_MAX", capacity);
    arena->reserved += capacity;
    return block_new(capacity);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t room = size <= ARENA_BYTES_MAX ? round_up(size ? size : 1) + ARENA_GAP : size;
    struct block *block = arena->blocks;
    if (room > block->capacity - block->used) {
        bool large = room > ARENA_LARGE;
        block = arena_add_block(arena, large ? room : ARENA_BLOCK_BYTES - sizeof *block);
        if (large) {   /* behind the block being filled, which goes on */
            block->next = arena->blocks->next;
            arena->blocks->next = block;
        } else {
            block->next = arena->blocks;
            arena->blocks = block;
        }
    }
    arena->used += size;
    void *data = block_take(block, size);
    block->used += room - size;
    return data;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        arena_die("array size overflows", count);
    return arena_alloc(arena, total);
}

/* True when data is the newest allocation of the block being filled and the block has room: grows it where it is. */
static bool arena_grow_in_place(struct arena *arena, char *data, size_t old_size, size_t new_size)
{
    struct block *block = arena->blocks;
    size_t old_room = round_up(old_size ? old_size : 1) + ARENA_GAP;
    if (!data || block->used < old_room || data != block->data + (block->used - old_room))
        return false;
    size_t new_room = round_up(new_size) + ARENA_GAP;
    if (new_room < new_size || new_room - old_room > block->capacity - block->used)
        return false;
    ASAN_UNPOISON_MEMORY_REGION(data, new_size);
    memset(data + old_size, 0, new_size - old_size);
    block->used += new_room - old_room;
    arena->used += new_size - old_size;
    return true;
}

void *arena_grow(struct arena *arena, void *data, size_t old_size, size_t new_size)
{
    if (new_size <= old_size || arena_grow_in_place(arena, data, old_size, new_size))
        return data;
    void *copy = arena_alloc(arena, new_size);
    if (old_size)
        memcpy(copy, data, old_size);
    return copy;
}

struct slice arena_copy(struct arena *arena, struct slice s)
{
    if (slice_is_none(s))
        return SLICE_NONE;
    char *copy = arena_alloc(arena, s.size + 1);
    if (s.size)
        memcpy(copy, s.data, s.size);
    return slice_of(copy, s.size);
}

struct slice arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    char small[1024];   /* what is longer is formatted twice */
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(small, sizeof small, format, args);
    if (size < 0)
        arena_die("bad format", 0);
    struct slice out;
    if ((size_t)size < sizeof small) {
        out = arena_copy(arena, slice_of(small, (size_t)size));
    } else {
        char *text = arena_alloc(arena, (size_t)size + 1);
        vsnprintf(text, (size_t)size + 1, format, again);
        out = slice_of(text, (size_t)size);
    }
    va_end(again);
    return out;
}

struct slice arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice out = arena_vprintf(arena, format, args);
    va_end(args);
    return out;
}

void arena_defer(struct arena *arena, void (*fn)(void *arg), void *arg)
{
    struct deferred *deferred = ARENA_NEW(arena, struct deferred);
    *deferred = (struct deferred){ .next = arena->deferred, .fn = fn, .arg = arg };
    arena->deferred = deferred;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

void arena_pool_close(void)
{
    while (pool.first) {
        struct block *block = pool.first;
        pool.first = block->next;
        ASAN_UNPOISON_MEMORY_REGION(block->data, block->capacity);
        memory_free(block);
    }
    pool.count = 0;
}
