/* What a burst leaves behind goes back to the system when the process is calm, and not before. */
#include "run_co.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "service/spare.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#define DEEP_BYTES (96 * 1024)
#define STACKS 32
#define BURST_BYTES (24 * 1024 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static char *deep_page[STACKS];

static bool is_resident(const char *page)
{
    unsigned char resident = 0;
    assert_int_equal(mincore((void *)page, 1, &resident), 0);
    return resident & 1;
}

static char *page_of(const void *address)
{
    const uintptr_t size = (uintptr_t)getpagesize();
    return (char *)((uintptr_t)address & ~(size - 1));
}

/* noinline frames of 2 KiB each, down to DEEP_BYTES. */
__attribute__((noinline)) static char *go_deep(size_t left)
{
    volatile char frame[2048];
    frame[0] = (char)left;
    char *deepest = left > sizeof frame ? go_deep(left - sizeof frame) : page_of((const void *)frame);
    frame[1] = frame[0];
    return deepest;
}

static void deep(void *arg)
{
    char **page = arg;
    *page = go_deep(DEEP_BYTES);
    co_yield();   /* all at once: each has a stack of its own */
}

static void stacks_body(void *arg)
{
    (void)arg;
    for (int round = 0; round < 2; round++) {   /* a stack that was cooled is as good as new */
        for (size_t i = 0; i < STACKS; i++)
            assert_int_equal(co_spawn(deep, &deep_page[i]), RESULT_OK);
        while (co_count() > 1)
            co_yield();
        for (size_t i = 0; i < STACKS; i++)
            assert_true(is_resident(deep_page[i]));
        co_stacks_cool();
        for (size_t i = 0; i < STACKS; i++)
            assert_false(is_resident(deep_page[i]));
    }
}

static void free_stacks_give_their_pages_back(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();   /* its frames lie elsewhere */
    run_co(stacks_body, NULL);
}

static size_t resident_bytes(void)
{
    size_t total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &total, &resident), 2);
    (void)fclose(file);
    return resident * (size_t)getpagesize();
}

static void work_for(int64_t us)
{
    const int64_t until_us = clock_monotonic_us() + us;
    while (clock_monotonic_us() < until_us)
        co_yield();
}

/* Many pieces below one that stays: only looking for it gives their pages back. */
static void *burst(void)
{
    enum { PIECES = BURST_BYTES / ARENA_BLOCK_BYTES };
    static void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++)
        pieces[i] = memset(memory_take(ARENA_BLOCK_BYTES), 1, ARENA_BLOCK_BYTES);
    void *last = memory_take(64);
    for (size_t i = 0; i < PIECES; i++)
        memory_free(pieces[i]);
    return last;
}

static void calm_body(void *arg)
{
    (void)arg;
    const size_t before = resident_bytes();
    spare_start();
    void *last = burst();
    assert_true(resident_bytes() > before + BURST_BYTES / 2);
    work_for(3 * SPARE_OWED_US);
    assert_true(resident_bytes() > before + BURST_BYTES / 2);   /* kept while there is work */
    const int64_t deadline_us = TEST_DEADLINE_US;
    while (resident_bytes() > before + BURST_BYTES / 4 && clock_monotonic_us() < deadline_us)
        co_sleep_us(20000);
    assert_true(resident_bytes() <= before + BURST_BYTES / 4);
    spare_stop();
    memory_free(last);
    arena_pool_close();
}

static void a_bursts_memory_goes_back_when_it_is_calm(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();   /* its allocator keeps what was freed for a while */
    run_co(calm_body, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_stacks_give_their_pages_back),
        cmocka_unit_test(a_bursts_memory_goes_back_when_it_is_calm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
