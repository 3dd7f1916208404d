/* base/memory: what happens when malloc really fails. An address-space limit at what is mapped already makes it fail; the reserve was mapped
 * before. Not under a sanitizer: its shadow needs the address space. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#define PIECES 4000

static size_t mapped_bytes(void)
{
    char text[64] = "";
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    return strtoul(text, NULL, 10) * (size_t)getpagesize();
}

/* From here on nothing more can be mapped; what malloc still holds free is taken away first. */
static void use_up_memory(void)
{
    struct rlimit limit = { .rlim_cur = mapped_bytes(), .rlim_max = RLIM_INFINITY };
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    /* All that malloc had left goes, in ever smaller pieces, until the reserve has given some of each size. Never given back. */
    for (size_t size = 64 * 1024; size >= 128; size /= 8)
        for (size_t before = memory_stats().reserve_used; memory_stats().reserve_used < before + 64 * size;)
            assert_non_null(malloc(size));
}

static void give_memory_back(void)
{
    struct rlimit limit = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

static void test_without_reserve_malloc_fails(void **state)
{
    (void)state;
    assert_false(memory_short());
    if (SANITIZED)
        return;   /* it takes that for a mistake */
    volatile size_t huge = SIZE_MAX / 2;
    assert_null(malloc(huge));
    assert_null(calloc(huge, 4));
    assert_false(memory_short());
}

static void test_the_reserve_takes_over(void **state)
{
    (void)state;
    static char *pieces[PIECES];
    assert_true(memory_open());
    assert_int_equal(memory_stats().reserve_used, 0);
    if (SANITIZED) {
        fputs("skipped: an address-space limit and a sanitizer do not go together\n", stderr);
        return;
    }
    use_up_memory();
    assert_true(memory_short());
    size_t before = memory_stats().reserve_used;
    for (size_t i = 0; i < PIECES; i++) {   /* sizes and order of freeing as irregular as in life */
        size_t size = 1 + i * 37 % 3000;
        pieces[i] = i % 3 == 0 ? memory_new(size) : memory_take(size);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        for (size_t at = 0; i % 3 == 0 && at < size; at++)
            assert_int_equal(pieces[i][at], 0);
        memset(pieces[i], (int)(i & 0x7f), size);
    }
    for (size_t i = 0; i < PIECES; i += 2) {
        size_t size = 1 + i * 37 % 3000;
        pieces[i] = memory_resize(pieces[i], size * 2);
        assert_int_equal(pieces[i][0], (int)(i & 0x7f));
        assert_int_equal(pieces[i][size - 1], (int)(i & 0x7f));
    }
    for (size_t i = 0; i < PIECES; i++)
        memory_free(pieces[i * 7 % PIECES]);
    assert_int_equal(memory_stats().reserve_used, before);
    assert_null(malloc(32 * 1024 * 1024));   /* that much at once is not for the reserve */
}

static void test_a_unit_of_work_ends(void **state)
{
    (void)state;
    if (SANITIZED)
        return;
    size_t before = memory_stats().reserve_used;
    struct arena *arena = arena_new();
    for (int i = 0; i < 200; i++)
        memset(arena_alloc(arena, 4000), 1, 4000);
    assert_true(memory_stats().reserve_used > before);
    arena_free(arena);
    struct buf buf;
    buf_init(&buf, 1024 * 1024);
    assert_int_equal(buf_reserve(&buf, 1000), RESULT_OK);
    assert_int_equal(buf_reserve(&buf, 512 * 1024), RESULT_BUSY);   /* bulk is not begun */
    buf_free(&buf);
}

static void test_all_is_well_again(void **state)
{
    (void)state;
    if (SANITIZED)
        return;
    assert_true(memory_short());
    give_memory_back();
    for (int i = 0; i < 1000 && memory_short(); i++)
        (void)usleep(10000);
    assert_false(memory_short());
    arena_pool_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_reserve_malloc_fails),
        cmocka_unit_test(test_the_reserve_takes_over),
        cmocka_unit_test(test_a_unit_of_work_ends),
        cmocka_unit_test(test_all_is_well_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
