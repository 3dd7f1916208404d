/* CSV: the grammar's corners, bad rows that cost one row, and the same answer however the bytes are cut into chunks. */
#include "check.h"

#include "base/buf.h"
#include "wire/csv.h"

#include <stdio.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void free_buf(void *buf)
{
    buf_free(buf);
}

static void put_row(struct buf *out, enum csv_event event, const struct csv_row *row)
{
    assert_int_equal(buf_printf(out, "%lld%s", (long long)row->line, event == CSV_BAD ? "!" : "["), RESULT_OK);
    if (event == CSV_BAD) {
        assert_int_equal(buf_printf(out, "%s;", row->why), RESULT_OK);
        return;
    }
    for (size_t i = 0; i < row->count; i++) {
        assert_int_equal(row->fields[i].data[row->fields[i].size], '\0');
        assert_int_equal(buf_printf(out, "%s%.*s", i ? "|" : "", SLICE_FMT(row->fields[i])), RESULT_OK);
    }
    assert_int_equal(buf_append(out, SLICE("]")), RESULT_OK);
}

/* Rows as "line[a|b]" and bad ones as "line!why;", fed in chunks of `chunk` bytes. */
static struct slice read_all(struct slice text, size_t chunk)
{
    struct buf *out = ARENA_NEW(arena, struct buf);
    buf_init(out, 1024 * 1024);
    arena_defer(arena, free_buf, out);
    struct csv *csv = csv_new(arena);
    struct csv_row row;
    size_t fed = 0;
    for (enum csv_event event; (event = csv_next(csv, &row)) != CSV_END;) {
        size_t size = text.size - fed < chunk ? text.size - fed : chunk;
        if (event != CSV_MORE) {
            put_row(out, event, &row);
        } else if (size) {
            csv_feed(csv, slice_of(text.data + fed, size));
            fed += size;
        } else {
            csv_finish(csv);
        }
    }
    assert_int_equal(csv_next(csv, &row), CSV_END);
    return buf_slice(out);
}

#define QUOTE "a double quote stands in the middle of a field;"
#define RETURN "a carriage return stands alone;"

static void reads_the_same_in_any_chunks(void **state)
{
    (void)state;
    static const struct { const char *text; size_t size; const char *rows; } table[] = {
#define ROW(text, rows) { text, sizeof(text) - 1, rows }
        ROW("", ""), ROW("\n\r\n\n", ""), ROW("a", "1[a]"), ROW("a,b\nc,d\n", "1[a|b]2[c|d]"), ROW("a,b\r\nc,d", "1[a|b]2[c|d]"),
        ROW("a,\n,b\n,\n", "1[a|]2[|b]3[|]"),
        ROW("\"a\",\"b,c\"\n\"d\"\"e\"\n", "1[a|b,c]2[d\"e]"), ROW("\"\"\n", "1[]"), ROW("\"\"\"\"\n", "1[\"]"),
        ROW("\"a\nb\",c\nd\n", "1[a\nb|c]3[d]"), ROW("\"a\r\nb\"\r\n", "1[a\r\nb]"),
        ROW(" a , b \n", "1[ a | b ]"), ROW("\xef\xbb\xbf" "a,b\n", "1[a|b]"), ROW("\xef\xbb\xbf", ""),
        ROW("\xef\xbb\xbf\"a\"\n", "1[a]"), ROW("ni\xc3\xb1o,\xe2\x82\xac\n", "1[ni\xc3\xb1o|\xe2\x82\xac]"),
        ROW("a\n\n\nb\n", "1[a]4[b]"), ROW("\xef\xbb\n", "1!the text is not valid UTF-8;"),
        ROW("\xef\xbb", "1!the text is not valid UTF-8;"), ROW("\xef" "a\nb", "1!the text is not valid UTF-8;2[b]"),
        ROW("a\"b,c\nd\n", "1!" QUOTE "2[d]"), ROW("\"a\"b,c\nd\n", "1!" QUOTE "2[d]"), ROW("\"a\" ,c\nd\n", "1!" QUOTE "2[d]"),
        ROW("a\rb\nc\n", "1!" RETURN "2[c]"), ROW("a\r", "1!" RETURN),
        ROW("a\r\r\nb\n", "1!" RETURN "2[b]"), ROW("\r\n\ra\nb\n", "2!" RETURN "3[b]"), ROW("a\r,b\n", "1!" RETURN),
        ROW("a\0b\nc\n", "1!a NUL byte is not text;2[c]"), ROW("\"a\0\"\nc\n", "1!a NUL byte is not text;2[c]"),
        ROW("a\n\"b\nc\n", "1[a]2!a quoted field does not end;"), ROW("\"", "1!a quoted field does not end;"),
        ROW("\xff\nok\n", "1!the text is not valid UTF-8;2[ok]"), ROW("a,\xc3\nb", "1!the text is not valid UTF-8;2[b]"),
        ROW("a,\xc3,\xb1\n", "1!the text is not valid UTF-8;"), ROW("=1+1\n@x\n", "1[=1+1]2[@x]"),
#undef ROW
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++)
        for (size_t chunk = 1; chunk < 20; chunk++) {
            struct slice rows = read_all(slice_of(table[i].text, table[i].size), chunk);
            if (!slice_equals_text(rows, table[i].rows))
                fail_msg("row %zu \"%s\" in chunks of %zu: %.*s", i, table[i].text, chunk, SLICE_FMT(rows));
            tear_down(NULL);
            set_up(NULL);
        }
}

/* "x" repeated. */
static struct slice repeat(const char *text, size_t times)
{
    size_t size = strlen(text);
    char *out = arena_alloc(arena, size * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(out + i * size, text, size);
    return slice_of(out, size * times);
}

static void bounds_rows(void **state)
{
    (void)state;
    struct slice longest = repeat("x", CSV_ROW_BYTES_MAX - 1);
    struct slice text = arena_printf(arena, "%.*s\nok\n", SLICE_FMT(longest));
    struct slice rows = read_all(text, 4096);
    assert_int_equal(rows.size, 1 + 1 + CSV_ROW_BYTES_MAX - 1 + 1 + 5);
    text = arena_printf(arena, "a,%.*s,b\nok\n", SLICE_FMT(longest));
    assert_slice(read_all(text, 4096), "1!the row is too long;2[ok]");
    text = arena_printf(arena, "%.*sa\nok\n", SLICE_FMT(repeat("a,", CSV_FIELDS_MAX - 1)));
    assert_non_null(memmem(read_all(text, 7).data, 100, "1[a|a|", 6));
    text = arena_printf(arena, "%.*sa\nok\n", SLICE_FMT(repeat("a,", CSV_FIELDS_MAX)));
    assert_slice(read_all(text, 7), "1!the row has too many fields;2[ok]");
    text = arena_printf(arena, "%.*s", SLICE_FMT(repeat(",", 200000)));
    assert_slice(read_all(text, 4096), "1!the row has too many fields;");
}

static void an_open_quote_costs_one_row_of_bytes(void **state)
{
    (void)state;
    struct slice text = arena_printf(arena, "a\n\"b\n%.*slast\n", SLICE_FMT(repeat("1234567\n", 3 * CSV_ROW_BYTES_MAX / 8)));
    struct slice rows = read_all(text, 1000);
    assert_true(slice_starts_with(rows, SLICE("1[a]2!the row is too long;8195[1234567]")));
    assert_slice(slice_of(rows.data + rows.size - 5, 5), "last]");
}

static void feed_twice(void)
{
    struct csv *csv = csv_new(arena_new());
    csv_feed(csv, SLICE("a"));
    csv_feed(csv, SLICE("b"));
}

static void feed_after_the_end(void)
{
    struct csv *csv = csv_new(arena_new());
    csv_finish(csv);
    csv_feed(csv, SLICE("b"));
}

static void misuse_aborts(void **state)
{
    (void)state;
    assert_aborts(feed_twice);
    assert_aborts(feed_after_the_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_the_same_in_any_chunks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_open_quote_costs_one_row_of_bytes, set_up, tear_down),
        cmocka_unit_test(misuse_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
