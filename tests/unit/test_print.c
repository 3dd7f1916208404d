/* base/print: the same text, length and bound as printf of libc. */
#include "check.h"

#include "base/print.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>

static __attribute__((format(printf, 3, 4))) int ours(char *out, size_t capacity, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = print_format(out, capacity, format, args);
    va_end(args);
    return size;
}

/* Into every capacity from nothing to more than enough: what is written, and what is left alone. */
#define SAME(...)                                                                       \
    do {                                                                                \
        for (size_t capacity = 0; capacity < 160; capacity++) {                         \
            char expected[192], got[192];                                               \
            memset(expected, '#', sizeof expected);                                     \
            memset(got, '#', sizeof got);                                               \
            int size = snprintf(expected, capacity, __VA_ARGS__);                       \
            assert_int_equal(ours(got, capacity, __VA_ARGS__), size);                   \
            assert_memory_equal(got, expected, sizeof got);                             \
        }                                                                               \
    } while (0)

static void what_formats_are_made_of_is_followed(void **state)
{
    (void)state;
    const char *none = "";
    SAME("%s", "plain");
    SAME("%s", none);
    SAME("no conversion, but 100 %% of it%c", '!');
    SAME("%s%s, %.*s and %.*s.", "one", none, 3, "two and more", 20, "three");
    SAME("[%.*s]", 0, "nothing of it");
    SAME("[%.*s]", -1, "all of it");
    SAME("%d %d %d", 0, INT_MIN, INT_MAX);
    SAME("%ld %ld", LONG_MIN, LONG_MAX);
    SAME("%lld %lld %lld", 0LL, LLONG_MIN, LLONG_MAX);
    SAME("%u %lu %llu %zu", UINT_MAX, ULONG_MAX, ULLONG_MAX, SIZE_MAX);
}

static void the_rest_is_left_to_libc(void **state)
{
    (void)state;
    SAME("%s %5d|%-5d|%05d %x %llX %.3f %p", "before", 7, 7, 7, 48879u, 48879ULL, 1.0005, (void *)8);
    SAME("%d %02d:%02d %s %-6.2s| %zx %ld", 1, 2, 3, "after", "cut", (size_t)255, 9L);
    SAME("%hhd %hu %jd %td", (signed char)-1, (unsigned short)65535, (intmax_t)-5, (ptrdiff_t)6);
}

static void no_byte_behind_the_precision_is_looked_at(void **state)
{
    (void)state;
    char text[4] = { 'a', 'b', 'c', 'd' };   /* no NUL */
    SAME("%.*s", (int)sizeof text, text);
    char out[8];
    char *volatile none = NULL;   /* an absent slice */
    assert_int_equal(ours(out, sizeof out, "<%.*s>", 0, none), 2);
    assert_string_equal(out, "<>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_formats_are_made_of_is_followed),
        cmocka_unit_test(the_rest_is_left_to_libc),
        cmocka_unit_test(no_byte_behind_the_precision_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
