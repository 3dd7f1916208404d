/* The arena: zeroed, aligned, bounded, deferred calls last first, memory unusable once it is gone. */
#include "check.h"

#include "base/arena.h"
#include "base/limits.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#endif

static void allocations_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {   /* the second uses pooled blocks, full of 0xff */
        struct arena *arena = arena_new();
        size_t total = 0;
        for (size_t i = 0; i < 2000; i++) {
            size_t size = i * 37 % 9000;
            unsigned char *data = arena_alloc(arena, size);
            assert_int_equal((uintptr_t)data % 16, 0);
            for (size_t b = 0; b < size; b++)
                assert_int_equal(data[b], 0);
            memset(data, 0xff, size);
            total += size;
        }
        assert_int_equal(arena_used(arena), total);
        arena_free(arena);
    }
}

static void empty_allocations_are_distinct(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    void *a = arena_alloc(arena, 0), *b = arena_alloc(arena, 0);
    assert_non_null(a);
    assert_ptr_not_equal(a, b);
    arena_free(arena);
    arena_free(NULL);
}

static void copies_and_prints_are_terminated(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct slice copy = arena_copy(arena, slice_of("hello", 3));
    assert_slice(copy, "hel");
    assert_int_equal(copy.data[3], '\0');
    assert_none(arena_copy(arena, SLICE_NONE));
    assert_slice(arena_copy(arena, SLICE("")), "");
    assert_slice(arena_printf(arena, "%s-%d", "a", 5), "a-5");
    for (int size = 250; size < 260; size++) {
        struct slice padded = arena_printf(arena, "%*d", size, 1);
        assert_int_equal(padded.size, size);
        assert_int_equal(strlen(padded.data), size);
    }
    arena_free(arena);
}

static int order[4], order_count;

static void note(void *arg)
{
    order[order_count++] = *(int *)arg;
}

static struct arena *late;

static void defer_more(void *arg)
{
    arena_defer(late, note, arg);
}

static void deferred_run_last_first(void **state)
{
    (void)state;
    static int one = 1, two = 2, three = 3;
    late = arena_new();
    order_count = 0;
    arena_defer(late, note, &one);
    arena_defer(late, note, &two);
    arena_defer(late, defer_more, &three);
    assert_int_equal(order_count, 0);
    arena_free(late);
    assert_int_equal(order_count, 3);
    assert_int_equal(order[0], 3);
    assert_int_equal(order[1], 2);
    assert_int_equal(order[2], 1);
}

static void grows_in_place_when_it_can(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char *first = arena_grow(arena, NULL, 0, 100);
    memset(first, 'a', 100);
    char *grown = arena_grow(arena, first, 100, 1000);
    assert_ptr_equal(first, grown);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(grown[i], i < 100 ? 'a' : 0);
    arena_alloc(arena, 1);
    char *moved = arena_grow(arena, grown, 1000, 100000);
    assert_ptr_not_equal(moved, grown);
    assert_int_equal(moved[99], 'a');
    assert_int_equal(moved[1000], 0);
    assert_int_equal(moved[99999], 0);
    assert_ptr_equal(arena_grow(arena, moved, 100000, 5), moved);
    arena_free(arena);
}

static void alloc_past_the_maximum(void)
{
    arena_alloc(arena_new(), ARENA_BYTES_MAX);
}

static void alloc_huge(void)
{
    arena_alloc(arena_new(), SIZE_MAX - 3);
}

static void array_overflowing(void)
{
    arena_array(arena_new(), SIZE_MAX / 8, 16);
}

static void many_small_past_the_maximum(void)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARENA_BYTES_MAX / 1024 + 1; i++)
        arena_alloc(arena, 1024);
}

static void past_the_maximum_aborts(void **state)
{
    (void)state;
    assert_aborts(alloc_past_the_maximum);
    assert_aborts(alloc_huge);
    assert_aborts(array_overflowing);
    assert_aborts(many_small_past_the_maximum);
}

#ifdef WITH_ASAN
static void bytes_not_handed_out_are_poisoned(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char *data = arena_alloc(arena, 10);
    assert_false(__asan_address_is_poisoned(data + 9));
    assert_true(__asan_address_is_poisoned(data + 10));
    char *next = arena_alloc(arena, 16);
    assert_true(__asan_address_is_poisoned(data + 16));
    assert_true(__asan_address_is_poisoned(next + 16));
    arena_free(arena);
    assert_true(__asan_address_is_poisoned(data));
}
#endif

static int close_pool(void **state)
{
    (void)state;
    arena_pool_close();
    arena_free(arena_new());   /* still usable */
    arena_pool_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_zeroed_aligned_and_apart), cmocka_unit_test(empty_allocations_are_distinct),
        cmocka_unit_test(copies_and_prints_are_terminated), cmocka_unit_test(deferred_run_last_first),
        cmocka_unit_test(grows_in_place_when_it_can), cmocka_unit_test(past_the_maximum_aborts),
#ifdef WITH_ASAN
        cmocka_unit_test(bytes_not_handed_out_are_poisoned),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, close_pool);
}
