/* Writing JSON: commas, escapes, integers, both targets; what does not fit leaves nothing behind. */
#include "check.h"

#include "wire/json.h"
#include "wire/json_write.h"

static void write_sample(struct json_writer *out)
{
    json_begin(out, NULL, '{');
    json_put_text(out, "id", SLICE("a\"\n\xff"));
    json_put_text(out, "none", SLICE_NONE);
    json_put_int(out, "min", INT64_MIN);
    json_put_int(out, "max", INT64_MAX);
    json_begin(out, "list", '[');
    json_put_int(out, NULL, 0);
    json_begin(out, NULL, '{');
    json_end(out, '}');
    json_put_bool(out, NULL, true);
    json_end(out, ']');
    json_begin(out, "empty", '[');
    json_end(out, ']');
    json_put_raw(out, "raw", SLICE("{\"x\":1.5}"));
    json_put_raw(out, "raw_none", SLICE_NONE);
    json_put_null(out, "null");
    json_put_bool(out, "no \"name\"", false);
    json_end(out, '}');
}

static const char sample[] = "{\"id\":\"a\\\"\\n\xef\xbf\xbd\",\"none\":null,\"min\":-9223372036854775808,\"max\":9223372036854775807,"
                             "\"list\":[0,{},true],\"empty\":[],\"raw\":{\"x\":1.5},\"raw_none\":null,\"null\":null,\"no \\\"name\\\"\":false}";

static void writes_into_an_arena(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct json_writer out = json_to_arena(arena);
    write_sample(&out);
    struct slice text = json_done(&out);
    assert_slice(text, sample);
    assert_int_equal(text.data[text.size], '\0');
    arena_free(arena);
}

static void writes_much(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '[');
    for (int i = 0; i < 20000; i++)
        json_put_text(&out, NULL, SLICE("\x01\x02 and some more text"));
    json_end(&out, ']');
    assert_true(json_check(json_done(&out), NULL, NULL));
    arena_free(arena);
}

/* The bytes are looked at eight at a time: each of them, in each place of more than two such words. */
static void escapes_in_every_place(void **state)
{
    (void)state;
    char text[19];
    for (size_t place = 0; place < sizeof text; place++) {
        for (int c = 0; c < 0x80; c++) {
            struct arena *arena = arena_new();
            struct json_writer out = json_to_arena(arena);
            memset(text, 'x', sizeof text);
            text[place] = (char)c;
            json_put_text(&out, NULL, slice_of(text, sizeof text));
            struct slice written = json_done(&out);
            bool escaped = written.size > sizeof text + 2;
            assert_int_equal(escaped, c < 0x20 || c == '"' || c == '\\');
            assert_true(escaped ? written.data[1 + place] == '\\' : memcmp(written.data + 1, text, sizeof text) == 0);
            arena_free(arena);
        }
    }
}

static void leave_open(void)
{
    struct json_writer out = json_to_arena(arena_new());
    json_begin(&out, NULL, '{');
    json_done(&out);
}

static void close_too_much(void)
{
    struct json_writer out = json_to_arena(arena_new());
    json_end(&out, '}');
}

static void unbalanced_brackets_abort(void **state)
{
    (void)state;
    assert_aborts(leave_open);
    assert_aborts(close_too_much);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_into_an_arena), cmocka_unit_test(writes_much), cmocka_unit_test(escapes_in_every_place),
        cmocka_unit_test(unbalanced_brackets_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
