/* slice, utf8, escape: the small text helpers everything else stands on. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/result.h"
#include "base/utf8.h"

static void none_differs_from_empty(void **state)
{
    (void)state;
    assert_true(slice_is_none(SLICE_NONE));
    assert_false(slice_is_none(SLICE("")));
    assert_true(slice_is_none(slice_from_text(NULL)));
    assert_false(slice_equals_text(SLICE_NONE, ""));
    assert_true(slice_equals(SLICE_NONE, SLICE("")));
}

static void compares(void **state)
{
    (void)state;
    assert_true(slice_equals_nocase(SLICE("Content-TYPE"), SLICE("content-type")));
    assert_false(slice_equals_nocase(SLICE("a["), SLICE("A{")));
    assert_false(slice_equals_nocase(SLICE("ab"), SLICE("abc")));
    assert_true(slice_starts_with(SLICE("v1.x"), SLICE("v1.")));
    assert_true(slice_starts_with(SLICE("x"), SLICE("")));
    assert_false(slice_starts_with(SLICE("v"), SLICE("v1.")));
}

static void cuts_and_trims(void **state)
{
    (void)state;
    struct slice rest;
    assert_slice(slice_cut(SLICE("a=b=c"), '=', &rest), "a");
    assert_slice(rest, "b=c");
    assert_slice(slice_cut(SLICE("abc"), '=', &rest), "abc");
    assert_none(rest);
    assert_slice(slice_cut(SLICE("abc="), '=', &rest), "abc");
    assert_slice(rest, "");
    slice_cut(SLICE_NONE, '=', &rest);
    assert_none(rest);
    assert_slice(slice_trim(SLICE(" \t a b\t ")), "a b");
    assert_slice(slice_trim(SLICE(" \t ")), "");
}

static void reads_integers(void **state)
{
    (void)state;
    static const struct { const char *text; bool ok; int64_t value; } table[] = {
        { "0", true, 0 }, { "-0", true, 0 }, { "42", true, 42 }, { "-42", true, -42 }, { "007", true, 7 },
        { "9223372036854775807", true, INT64_MAX }, { "-9223372036854775808", true, INT64_MIN },
        { "9223372036854775808", false, 0 }, { "-9223372036854775809", false, 0 }, { "99999999999999999999", false, 0 },
        { "", false, 0 }, { "-", false, 0 }, { "+1", false, 0 }, { " 1", false, 0 }, { "1 ", false, 0 }, { "1.0", false, 0 },
        { "0x10", false, 0 }, { "1e3", false, 0 }, { "--1", false, 0 },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        int64_t value = 0;
        if (slice_to_int64(slice_from_text(table[i].text), &value) != table[i].ok || value != table[i].value)
            fail_msg("\"%s\" -> %lld", table[i].text, (long long)value);
    }
    int64_t value;
    assert_false(slice_to_int64(slice_of("1\0002", 3), &value));
}

static void judges_utf8(void **state)
{
    (void)state;
    static const struct { const char *text; bool ok; size_t length; } table[] = {
        { "", true, 0 }, { "ascii only, longer than eight", true, 29 }, { "ni\xc3\xb1o", true, 4 }, { "\xe2\x82\xac", true, 1 },
        { "\xf0\x9f\x98\x80", true, 1 }, { "\xf4\x8f\xbf\xbf", true, 1 }, { "\xc2\x80", true, 1 },
        { "\x80", false, 0 }, { "\xc3", false, 0 }, { "\xc0\x80", false, 0 }, { "\xc1\xbf", false, 0 }, { "\xe0\x80\x80", false, 0 },
        { "\xe0\x9f\xbf", false, 0 }, { "\xed\xa0\x80", false, 0 }, { "\xed\xbf\xbf", false, 0 }, { "\xf0\x80\x80\x80", false, 0 },
        { "\xf4\x90\x80\x80", false, 0 }, { "\xf5\x80\x80\x80", false, 0 }, { "\xff", false, 0 }, { "\xe2\x82", false, 0 },
        { "aaaaaaa\xc3", false, 0 }, { "aaaaaaaaaaaaaaaa\xe2\x28\xa1", false, 0 },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct slice text = slice_from_text(table[i].text);
        if (utf8_valid(text) != table[i].ok)
            fail_msg("row %zu", i);
        if (table[i].ok)
            assert_int_equal(utf8_length(text), table[i].length);
    }
}

static void writes_every_code_point_it_reads(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char out[4];
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        size_t size = utf8_put(c, out);
        if (utf8_sequence(slice_of(out, size)) != size)
            fail_msg("U+%x", c);
    }
}

static void cuts_between_characters(void **state)
{
    (void)state;
    assert_slice(utf8_cut(SLICE("a\xc3\xb1o"), 2), "a");
    assert_slice(utf8_cut(SLICE("a\xc3\xb1o"), 3), "a\xc3\xb1");
    assert_slice(utf8_cut(SLICE("abc"), 10), "abc");
    assert_slice(utf8_cut(SLICE("\xf0\x9f\x98\x80"), 3), "");
}

static void assert_escaped(struct slice text, const char *expected)
{
    struct arena *arena = arena_new();
    struct slice out = SLICE("");
    while (text.size) {
        char scratch[8];
        struct slice piece = escape_json_next(&text, scratch);
        out = arena_printf(arena, "%.*s%.*s", SLICE_FMT(out), SLICE_FMT(piece));
    }
    assert_slice(out, expected);
    arena_free(arena);
}

static void escapes_for_json(void **state)
{
    (void)state;
    assert_escaped(SLICE("plain ni\xc3\xb1o \xf0\x9f\x98\x80"), "plain ni\xc3\xb1o \xf0\x9f\x98\x80");
    assert_escaped(SLICE("\"\\/\n\r\t\b\f"), "\\\"\\\\/\\n\\r\\t\\b\\f");
    assert_escaped(slice_of("a\0b\x1f\x7f", 5), "a\\u0000b\\u001f\x7f");
    assert_escaped(SLICE("a\xff\xc3z"), "a\xef\xbf\xbd\xef\xbf\xbdz");
}

static void names_results(void **state)
{
    (void)state;
    for (int i = RESULT_OK; i <= RESULT_FAILED; i++) {
        assert_string_not_equal(result_name((enum result)i), "unknown");
        for (int j = RESULT_OK; j < i; j++)
            assert_string_not_equal(result_name((enum result)i), result_name((enum result)j));
    }
}

static void buf_keeps_its_maximum(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    assert_slice(buf_slice(&buf), "");
    assert_int_equal(buf_append(&buf, SLICE("hello ")), RESULT_OK);
    assert_int_equal(buf_printf(&buf, "%s %d", "world", 7), RESULT_OK);
    assert_slice(buf_slice(&buf), "hello world 7");
    assert_int_equal(buf_printf(&buf, "%988s", "x"), RESULT_TOO_LARGE);
    assert_int_equal(buf_reserve(&buf, SIZE_MAX), RESULT_TOO_LARGE);
    assert_slice(buf_slice(&buf), "hello world 7");
    assert_int_equal(buf_printf(&buf, "%987s", "x"), RESULT_OK);
    assert_int_equal(buf.size, 1000);
    assert_int_equal(buf.capacity, 1000);
    assert_int_equal(buf_append(&buf, SLICE("y")), RESULT_TOO_LARGE);
    assert_int_equal(buf_append(&buf, SLICE("")), RESULT_OK);
    buf_consume(&buf, 6);
    assert_true(slice_starts_with(buf_slice(&buf), SLICE("world 7")));
    buf_consume(&buf, 994);
    assert_int_equal(buf.size, 0);
    buf_clear(&buf);
    buf_free(&buf);
    assert_int_equal(buf_append(&buf, SLICE("again")), RESULT_OK);
    buf_free(&buf);
}

static void buf_of_nothing_takes_nothing(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 0);
    assert_int_equal(buf_append(&buf, SLICE("a")), RESULT_TOO_LARGE);
    assert_int_equal(buf_append(&buf, SLICE("")), RESULT_OK);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_differs_from_empty), cmocka_unit_test(compares), cmocka_unit_test(cuts_and_trims),
        cmocka_unit_test(reads_integers), cmocka_unit_test(judges_utf8), cmocka_unit_test(writes_every_code_point_it_reads),
        cmocka_unit_test(cuts_between_characters), cmocka_unit_test(escapes_for_json), cmocka_unit_test(names_results),
        cmocka_unit_test(buf_keeps_its_maximum), cmocka_unit_test(buf_of_nothing_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
