/* Memory of one unit of work (a request, a job, an event batch): allocations only grow and all go at once.
 * Never returns NULL: when malloc fails the reserve of memory.h takes over; past the arena's maximum the process aborts (limits.h keeps
 * inputs small enough that only a bug gets there). Blocks are pooled per process. Not thread-safe. */
#ifndef CUOTAS_BASE_ARENA_H
#define CUOTAS_BASE_ARENA_H

#include "base/slice.h"

#include <stdarg.h>

struct arena;

struct arena *arena_new(void);
/* Runs what was deferred, last first, then returns the memory. arena may be NULL. */
void arena_free(struct arena *arena);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))
void *arena_array(struct arena *arena, size_t count, size_t size);

/* The same bytes with room for more: in place when `data` is the newest allocation and its block has room, else a copy (the
 * old one stays until the arena goes). What is added is zeroed. data may be NULL with old_size 0. */
void *arena_grow(struct arena *arena, void *data, size_t old_size, size_t new_size);

/* Copies; the result is also NUL-terminated after its last byte, so .data can serve as a C string when the
 * bytes hold no NUL. arena_copy of a none slice stays none. */
struct slice arena_copy(struct arena *arena, struct slice s);
struct slice arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct slice arena_vprintf(struct arena *arena, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Calls fn(arg) when the arena is freed: for what is not memory (a PGresult, an fd, a lease). */
void arena_defer(struct arena *arena, void (*fn)(void *arg), void *arg);

/* Bytes handed out so far, for tests and metrics. */
size_t arena_used(const struct arena *arena);
/* Frees the pooled blocks: at the end, and when nobody needs them soon. */
void arena_pool_close(void);

#endif
