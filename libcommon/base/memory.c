/* malloc with a reserve behind it. The reserve is one mapping, made at the start and not touched until it is needed: where malloc can fail at
 * all (an address-space limit, strict overcommit) a private mapping is paid for when it is made, so it is certainly there, and it costs no
 * page before. In it: first fit over a list of free pieces in order of address, neighbours joined when freed.
 *
 * The allocator itself stays libc's (the sanitizer's under ASan), called by its other name; only the four functions below are ours, which is
 * how glibc lets a program replace them. Memory of memalign and its kind comes from libc alone and is freed here all the same.
 *
 * Invariants: the free pieces and those handed out tile the reserve; no two free pieces touch; used is the sum of those handed out. The
 * list is guarded by the mutex; the fast paths take no lock. Nothing here suspends, and nothing under the mutex allocates. */
#include "base/memory.h"

#include "base/limits.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#define register_root(start, size) __lsan_register_root_region(start, size)
#define SYSTEM(name) __interceptor_##name
#define REPLACED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)   /* clang's, linked statically: it defines malloc itself */
#define SYSTEM(name) name
#define REPLACED 0
#endif
#endif
#ifndef SYSTEM
#define SYSTEM(name) __libc_##name
#define REPLACED 1
#endif
#ifndef register_root
#define register_root(start, size) ((void)(start), (void)(size))
#endif
#if REPLACED
extern void *SYSTEM(malloc)(size_t);
extern void *SYSTEM(calloc)(size_t, size_t);
extern void *SYSTEM(realloc)(void *, size_t);
extern void SYSTEM(free)(void *);
#endif

#define ALIGN 16
/* More at once is not taken from the reserve: whoever wants that much asks malloc and can do without (a password's hash: 19 MiB). */
#define PIECE_BYTES_MAX (16 * 1024 * 1024)
/* libc would raise its own limits with what is freed, and keep a password's 19 MiB for ever. */
#define MAPPED_BYTES_MIN (1024 * 1024)    /* from here on a mapping of its own, which goes back when freed */
#define TOP_BYTES_MAX (512 * 1024)        /* free at the heap's end before it is lowered */
/* After malloc failed once more, and between two looks whether it works again. */
#define CALM_US 100000
#define PROBE_BYTES (1024 * 1024)

/* Before every piece. */
struct piece {
    _Alignas(ALIGN) size_t size;   /* with this head */
    struct piece *next;            /* while free */
};

static struct {
    pthread_mutex_t mutex;
    char *start;                   /* NULL: none */
    struct piece *free;
    size_t used;
    int64_t looked_us;             /* malloc failed, or was probed, last */
    uint64_t refused;
} reserve = { .mutex = PTHREAD_MUTEX_INITIALIZER };

atomic_bool memory_is_short;

/* All of it is one free piece. */
static void reserve_empty(void)
{
    reserve.free = (struct piece *)reserve.start;
    *reserve.free = (struct piece){ .size = MEMORY_RESERVE_BYTES };
}

bool memory_open(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
    (void)mallopt(M_TRIM_THRESHOLD, TOP_BYTES_MAX);
    void *start = mmap(NULL, MEMORY_RESERVE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return false;
    (void)madvise(start, MEMORY_RESERVE_BYTES, MADV_NOHUGEPAGE);   /* page by page as it is used */
    reserve.start = start;
    reserve_empty();
    register_root(start, MEMORY_RESERVE_BYTES);
    return true;
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool is_reserved(const void *memory)
{
    return (uintptr_t)memory - (uintptr_t)reserve.start < MEMORY_RESERVE_BYTES && reserve.start;
}

static size_t piece_room(const void *memory)
{
    return ((const struct piece *)memory - 1)->size - sizeof(struct piece);
}

/* ---- the reserve; with the mutex held ---- */

static void *piece_take(size_t size)
{
    size = (size + sizeof(struct piece) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    for (struct piece **at = &reserve.free, *piece; (piece = *at); at = &piece->next) {
        if (piece->size < size)
            continue;
        if (piece->size - size > sizeof(struct piece)) {   /* the rest stays in its place */
            struct piece *rest = (struct piece *)((char *)piece + size);
            *rest = (struct piece){ .size = piece->size - size, .next = piece->next };
            piece->size = size;
            *at = rest;
        } else {
            *at = piece->next;
        }
        reserve.used += piece->size;
        return piece + 1;
    }
    return NULL;
}

static void piece_join(struct piece *piece)
{
    struct piece *next = piece->next;
    if (next && (char *)piece + piece->size == (char *)next) {
        piece->size += next->size;
        piece->next = next->next;
    }
}

static void piece_put(void *memory)
{
    struct piece *piece = (struct piece *)memory - 1, *before = NULL, *after = reserve.free;
    reserve.used -= piece->size;
    for (; after && after < piece; after = after->next)
        before = after;
    piece->next = after;
    if (before)
        before->next = piece;
    else
        reserve.free = piece;
    piece_join(piece);
    if (before)
        piece_join(before);
}

void memory_give_back(void)
{
    (void)malloc_trim(0);
}

/* ---- malloc has failed ---- */

__attribute__((noinline, cold)) static void *take_reserved(size_t size)
{
    void *memory = NULL;
    pthread_mutex_lock(&reserve.mutex);
    atomic_store(&memory_is_short, reserve.start != NULL);
    reserve.refused++;
    reserve.looked_us = now_us();
    if (size <= PIECE_BYTES_MAX)
        memory = piece_take(size);
    pthread_mutex_unlock(&reserve.mutex);
    if (!memory)
        errno = ENOMEM;
    return memory;
}

__attribute__((noinline, cold)) static void put_reserved(void *memory)
{
    pthread_mutex_lock(&reserve.mutex);
    piece_put(memory);
    if (reserve.used == 0) {
        (void)madvise(reserve.start, MEMORY_RESERVE_BYTES, MADV_DONTNEED);   /* its pages go back, the list with them */
        reserve_empty();
    }
    pthread_mutex_unlock(&reserve.mutex);
}

__attribute__((noinline, cold)) bool memory_still_short(void)
{
    pthread_mutex_lock(&reserve.mutex);
    bool calm = now_us() - reserve.looked_us >= CALM_US;
    if (calm)
        reserve.looked_us = now_us();
    bool refilled = reserve.used < MEMORY_RESERVE_BYTES / 4;
    pthread_mutex_unlock(&reserve.mutex);
    void *probe = calm && refilled ? SYSTEM(malloc)(PROBE_BYTES) : NULL;
    if (probe)
        atomic_store(&memory_is_short, false);
    SYSTEM(free)(probe);
    return !probe;
}

struct memory_stats memory_stats(void)
{
    pthread_mutex_lock(&reserve.mutex);
    struct memory_stats stats = { .refused = reserve.refused, .reserve_used = reserve.used };
    pthread_mutex_unlock(&reserve.mutex);
    return stats;
}

/* ---- malloc ---- */

static void *take(size_t size)
{
    void *memory = SYSTEM(malloc)(size);
    return __builtin_expect(memory != NULL, true) ? memory : take_reserved(size);
}

static void *take_zeroed(size_t count, size_t size)
{
    size_t total;
    void *memory = SYSTEM(calloc)(count, size);
    if (__builtin_expect(memory != NULL, true))
        return memory;
    if (__builtin_mul_overflow(count, size, &total) || !(memory = take_reserved(total)))
        return NULL;
    return memset(memory, 0, total);
}

static void put(void *memory)
{
    if (__builtin_expect(is_reserved(memory), false))
        put_reserved(memory);
    else
        SYSTEM(free)(memory);
}

/* It is in the reserve, or there is no other room for what it grows to. */
__attribute__((noinline, cold)) static void *resize_reserved(void *memory, size_t size)
{
    bool reserved = is_reserved(memory);
    size_t old = reserved ? piece_room(memory) : malloc_usable_size(memory);
    if (reserved && size <= old)
        return memory;
    void *copy = reserved ? take(size) : take_reserved(size);
    if (!copy)
        return NULL;
    memcpy(copy, memory, old < size ? old : size);
    put(memory);
    return copy;
}

static void *resize(void *memory, size_t size)
{
    if (!memory)
        return take(size);
    if (__builtin_expect(is_reserved(memory), false))
        return resize_reserved(memory, size ? size : 1);
    void *resized = SYSTEM(realloc)(memory, size);
    return __builtin_expect(resized != NULL, true) || size == 0 ? resized : resize_reserved(memory, size);
}

#if REPLACED
void *malloc(size_t size)
{
    return take(size);
}

void *calloc(size_t count, size_t size)
{
    return take_zeroed(count, size);
}

void *realloc(void *memory, size_t size)
{
    return resize(memory, size);
}

void free(void *memory)
{
    put(memory);
}
#endif

/* ---- for those who do not ask ---- */

static _Noreturn void die(size_t size)
{
    fprintf(stderr, "memory: out of memory, and the reserve is used up (%zu bytes wanted)\n", size);
    abort();
}

void *memory_new(size_t size)
{
    void *memory = take_zeroed(1, size ? size : 1);
    return memory ? memory : (die(size), NULL);
}

void *memory_array(size_t count, size_t size)
{
    void *memory = take_zeroed(count ? count : 1, size ? size : 1);
    return memory ? memory : (die(size), NULL);
}

void *memory_take(size_t size)
{
    void *memory = take(size ? size : 1);
    return memory ? memory : (die(size), NULL);
}

void *memory_resize(void *memory, size_t size)
{
    void *resized = resize(memory, size ? size : 1);
    return resized ? resized : (die(size), NULL);
}

char *memory_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_take(size), text, size);
}

void memory_free(void *memory)
{
    put(memory);
}
