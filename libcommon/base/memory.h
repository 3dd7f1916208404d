/* The process's memory: malloc with a reserve behind it, so that running out does not end the process. The reserve, set aside at the start,
 * takes over when malloc fails; from then on memory_short() is true, and whoever begins new work (a connection, a request, a job,
 * a batch of events) asks it first and puts the work off, so that the reserve is left for the work under way. It ends when malloc
 * works again and most of the reserve has come back.
 *
 * memory.c defines malloc itself, so libraries stand on the reserve too: libpq above all, which out of memory can take a failed query for
 * one without rows. Safe from any thread. */
#ifndef CUOTAS_BASE_MEMORY_H
#define CUOTAS_BASE_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Maps the reserve; first of all. False: not even that is there. Without it (unit tests) malloc fails when it fails. */
bool memory_open(void);

/* malloc for our own code, which does not ask: never NULL. When the reserve is used up as well, the process aborts (README.md says why that
 * is out of reach). Zeroed. */
void *memory_new(size_t size);
/* count of them. */
void *memory_array(size_t count, size_t size);
/* Not zeroed, for what is filled at once. */
void *memory_take(size_t size);
/* A copy with another size; what is added is not zeroed. memory may be NULL. */
void *memory_resize(void *memory, size_t size);
char *memory_text(const char *text);
/* NULL too; the same as free. */
void memory_free(void *memory);

extern atomic_bool memory_is_short;
/* Looks whether memory is back; true when it is not. */
bool memory_still_short(void);
/* True: begin nothing new. One load and a branch while all is well. */
static inline bool memory_short(void)
{
    return __builtin_expect(atomic_load_explicit(&memory_is_short, memory_order_relaxed), false) && memory_still_short();
}

/* Pages of the heap that hold nothing go back to the system; takes a fraction of a millisecond. */
void memory_give_back(void);

struct memory_stats {
    uint64_t refused;          /* times the system gave no memory */
    size_t reserve_used;       /* bytes of the reserve handed out now */
};
struct memory_stats memory_stats(void);

#endif
