/* The JSON gate and what stands behind it. The hostile table is what cJSON alone gets wrong, and the grammar's edges. */
#include "check.h"

#include "base/limits.h"
#include "wire/json.h"

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

#define ROW(text) text, sizeof(text) - 1

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    static const struct { const char *text; size_t size, offset; } table[] = {
        { ROW(""), 0 }, { ROW("   "), 3 }, { ROW("{\"a\":1} xx"), 8 }, { ROW("{\"a\":1}{}"), 7 }, { ROW("1 2"), 2 }, { ROW("{} \0"), 3 },
        { ROW("01"), 2 }, { ROW("-01"), 3 }, { ROW("1."), 2 }, { ROW(".5"), 0 }, { ROW("+1"), 0 }, { ROW("-"), 1 }, { ROW("1e"), 2 },
        { ROW("1e+"), 3 }, { ROW("0x10"), 1 }, { ROW("1.5.2"), 3 }, { ROW("--1"), 1 }, { ROW("NaN"), 0 }, { ROW("Infinity"), 0 },
        { ROW("-Infinity"), 1 },
        { ROW("9007199254740992"), 0 }, { ROW("-9007199254740992"), 0 }, { ROW("[9007199254740993]"), 1 },
        { ROW("9223372036854775807"), 0 },
        { ROW("100000000000000000000"), 0 }, { ROW("1e400"), 0 }, { ROW("-1e400"), 0 }, { ROW("1e16"), 0 },
        { ROW("9007199254740991.9"), 0 },
        { ROW("0.0000000000000000000000000000000000000001"), 0 }, { ROW("00000000000000000000000000000000000000000000"), 44 },
        { ROW("\"ad\\u0000min\""), 9 }, { ROW("\"ad\0min\""), 3 }, { ROW("\"a\nb\""), 2 }, { ROW("\"a\tb\""), 2 }, { ROW("\"a\x1f\""), 2 },
        { ROW("\"\xff\""), 1 }, { ROW("\"\xc0\x80\""), 1 }, { ROW("\"\xed\xa0\x80\""), 1 }, { ROW("\"\xc3\""), 1 },
        { ROW("\"\xf4\x90\x80\x80\""), 1 },
        { ROW("\"\\ud800\""), 7 }, { ROW("\"\\ud800x\""), 7 }, { ROW("\"\\udc00\""), 7 }, { ROW("\"\\ud800\\u0041\""), 13 },
        { ROW("\"\\ud800\\n\""), 7 },
        { ROW("\"\\x41\""), 2 }, { ROW("\"\\u12\""), 5 }, { ROW("\"\\u12G4\""), 5 }, { ROW("\"\\"), 2 }, { ROW("\"\\\0\""), 2 },
        { ROW("\"abc"), 4 }, { ROW("\""), 1 },
        { ROW("'a'"), 0 }, { ROW("{'a':1}"), 1 }, { ROW("{a:1}"), 1 }, { ROW("{\"a\" 1}"), 5 }, { ROW("{\"a\":}"), 5 },
        { ROW("{\"a\":1,}"), 7 },
        { ROW("{,}"), 1 }, { ROW("{\"a\":1 \"b\":2}"), 7 }, { ROW("{\"a\":1"), 6 }, { ROW("{"), 1 }, { ROW("{\"a\""), 4 },
        { ROW("{\"a\":1]"), 6 },
        { ROW("[1,]"), 3 }, { ROW("[,1]"), 1 }, { ROW("[1 2]"), 3 }, { ROW("[1"), 2 }, { ROW("["), 1 }, { ROW("[1}"), 2 },
        { ROW("]"), 0 }, { ROW("}"), 0 },
        { ROW("[1]]"), 3 }, { ROW("{1:2}"), 1 }, { ROW("tru"), 0 }, { ROW("True"), 0 }, { ROW("nul"), 0 }, { ROW("truex"), 4 },
        { ROW("undefined"), 0 },
        { ROW("\xef\xbb\xbf{}"), 0 }, { ROW("{}\xa0"), 2 }, { ROW("/* c */ {}"), 0 }, { ROW("{\"a\":1}//"), 7 }, { ROW("\v1"), 0 },
        { ROW("[1,\f2]"), 3 },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        const char *why = NULL;
        size_t offset = 999;
        if (json_check(slice_of(table[i].text, table[i].size), &why, &offset) || !why || offset != table[i].offset)
            fail_msg("%s: why %s, offset %zu, expected %zu", table[i].text, why, offset, table[i].offset);
        assert_null(json_parse(arena, slice_of(table[i].text, table[i].size), NULL, NULL));
    }
    assert_false(json_check(SLICE_NONE, NULL, NULL));
}

static void accepts_json(void **state)
{
    (void)state;
    static const struct { const char *text, *printed; } table[] = {
        { "{}", "{}" }, { "[]", "[]" }, { "[[],{},[{}]]", "[[],{},[{}]]" }, { " \t\r\n{ \"a\" : [ 1 , 2 ] } \n", "{\"a\":[1,2]}" },
        { "0", "0" }, { "-0", "0" }, { "-1", "-1" }, { "9007199254740991", "9007199254740991" },
        { "-9007199254740991", "-9007199254740991" },
        { "0.1", "0.1" }, { "1.50", "1.5" }, { "1e3", "1000" }, { "1E+2", "100" }, { "25e-1", "2.5" }, { "1e-400", "0" },
        { "0.30000000000000004", "0.30000000000000004" },
        { "true", "true" }, { "false", "false" }, { "null", "null" }, { "\"\"", "\"\"" }, { "\"ni\xc3\xb1o\"", "\"ni\xc3\xb1o\"" },
        { "\"\\u00f1\\u20ac\\ud83d\\ude00\"", "\"\xc3\xb1\xe2\x82\xac\xf0\x9f\x98\x80\"" },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
        { "\"\x7f\"", "\"\x7f\"" }, { "{\"a\":{\"b\":[{\"c\":null},2]},\"d\":\"\"}", "{\"a\":{\"b\":[{\"c\":null},2]},\"d\":\"\"}" },
        { "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}" }, { "{\"\":1}", "{\"\":1}" }, { "[\"\\u0001\"]", "[\"\\u0001\"]" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        const char *why = "?";
        const cJSON *value = json_parse(arena, slice_from_text(table[i].text), &why, NULL);
        if (!value)
            fail_msg("%s: %s", table[i].text, why);
        assert_slice(json_print(arena, value), table[i].printed);
    }
}

static struct slice nested(int depth, const char *open, const char *close)
{
    struct slice text = SLICE("1");
    for (int i = 0; i < depth; i++)
        text = arena_printf(arena, "%s%.*s%s", open, SLICE_FMT(text), close);
    return text;
}

static void bounds_depth_size_and_count(void **state)
{
    (void)state;
    const char *why;
    assert_non_null(json_parse(arena, nested(JSON_DEPTH_MAX, "[", "]"), NULL, NULL));
    assert_non_null(json_parse(arena, nested(JSON_DEPTH_MAX, "{\"a\":", "}"), NULL, NULL));
    assert_slice(json_print(arena, json_parse(arena, nested(JSON_DEPTH_MAX, "[", "]"), NULL, NULL)), nested(JSON_DEPTH_MAX, "[", "]").data);
    assert_null(json_parse(arena, nested(JSON_DEPTH_MAX + 1, "[", "]"), &why, NULL));
    assert_string_equal(why, "values are nested too deep");
    assert_null(json_parse(arena, nested(JSON_DEPTH_MAX + 1, "{\"a\":", "}"), &why, NULL));
    char *many = malloc(JSON_BYTES_MAX + 2);
    memset(many, '[', JSON_BYTES_MAX + 2);
    assert_false(json_check(slice_of(many, 100000), &why, NULL));
    assert_string_equal(why, "values are nested too deep");
    for (size_t i = 1; i <= 2 * JSON_VALUES_MAX; i++)
        many[i] = i % 2 ? '1' : ',';
    many[2 * JSON_VALUES_MAX] = ']';
    assert_false(json_check(slice_of(many, 2 * JSON_VALUES_MAX + 1), &why, NULL));
    assert_string_equal(why, "there are too many values");
    many[2 * JSON_VALUES_MAX - 2] = ']';
    const cJSON *largest = json_parse(arena, slice_of(many, 2 * JSON_VALUES_MAX - 1), &why, NULL);
    assert_non_null(largest);   /* and it fits an arena */
    memset(many, ' ', JSON_BYTES_MAX + 1);
    many[0] = '1';
    assert_true(json_check(slice_of(many, JSON_BYTES_MAX), NULL, NULL));
    assert_false(json_check(slice_of(many, JSON_BYTES_MAX + 1), &why, NULL));
    assert_string_equal(why, "the document is too long");
    free(many);
}

static void looks_up_exactly(void **state)
{
    (void)state;
    const cJSON *object = json_parse(arena,
                                     SLICE("{\"Id\":\"A\",\"id\":\"b\",\"n\":12,\"f\":1.5,\"o\":{\"x\":[1]},\"z\":null,\"big\":-9007199254740991}"), NULL, NULL);
    assert_slice(json_member_text(object, "id"), "b");
    assert_none(json_member_text(object, "ID"));
    assert_none(json_member_text(object, "n"));
    assert_none(json_member_text(NULL, "n"));
    assert_none(json_member_text(json_member(json_member(object, "q"), "x"), "y"));
    assert_int_equal(json_member_int64(object, "n", 0), 12);
    assert_int_equal(json_member_int64(object, "f", 7), 7);
    assert_int_equal(json_member_int64(object, "id", 7), 7);
    assert_int_equal(json_member_int64(object, "missing", 7), 7);
    assert_true(json_member_int64(object, "big", 0) == -9007199254740991);
    assert_true(cJSON_IsNull(json_member(object, "z")));
}

static void finds_duplicates_anywhere(void **state)
{
    (void)state;
    static const struct { const char *text, *name; } table[] = {
        { "{\"a\":1,\"b\":2,\"a\":3}", "a" }, { "[{\"a\":{\"x\":1,\"y\":2}},{\"a\":{\"y\":1,\"x\":2,\"\\u0079\":3}}]", "y" },
        { "{\"\":1,\"\":2}", "" },
        { "{\"a\":1,\"A\":2,\"b\":{\"a\":1}}", NULL }, { "[1,1,1]", NULL }, { "{}", NULL }, { "1", NULL },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        const cJSON *duplicate = json_duplicate(arena, json_parse(arena, slice_from_text(table[i].text), NULL, NULL));
        if (!table[i].name)
            assert_null(duplicate);
        else
            assert_string_equal(duplicate->string, table[i].name);
    }
    struct slice many = SLICE("\"x\":0");
    for (int i = 0; i < 500; i++)
        many = arena_printf(arena, "%.*s,\"k%d\":1", SLICE_FMT(many), i);
    assert_null(json_duplicate(arena, json_parse(arena, arena_printf(arena, "{%.*s}", SLICE_FMT(many)), NULL, NULL)));
    assert_non_null(json_duplicate(arena, json_parse(arena, arena_printf(arena, "{%.*s,\"k250\":1}", SLICE_FMT(many)), NULL, NULL)));
}

static void walks_without_a_tree(void **state)
{
    (void)state;
    struct slice text = SLICE(" { \"a\" : [1, {\"x\":\"]}\"}] , \"b\\\"c\":\"q\\\"\\\\\", \"d\":-1.5e3,\"e\":true\n,\"f\" : { } } ");
    static const char *const expected[][2] = { { "a", "[1, {\"x\":\"]}\"}]" }, { "b\\\"c", "\"q\\\"\\\\\"" }, { "d", "-1.5e3" },
                                               { "e", "true" }, { "f", "{ }" } };
    assert_true(json_check(text, NULL, NULL));
    struct json_walk walk = json_walk(text);
    struct slice name, value;
    for (size_t i = 0; i < TABLE_COUNT(expected); i++) {
        assert_true(json_walk_next(&walk, &name, &value));
        assert_slice(name, expected[i][0]);
        assert_slice(value, expected[i][1]);
    }
    assert_false(json_walk_next(&walk, &name, &value));
    assert_false(json_walk_next(&walk, &name, &value));
    assert_slice(json_walk_member(text, "d"), "-1.5e3");
    assert_none(json_walk_member(text, "x"));
    assert_slice(json_walk_text(arena, SLICE("\"a\\u00f1\"")), "a\xc3\xb1");
    assert_none(json_walk_text(arena, SLICE("12")));
    walk = json_walk(SLICE("[\"a\" ,2,[3]]"));
    static const char *const items[] = { "\"a\"", "2", "[3]" };
    for (size_t i = 0; i < TABLE_COUNT(items); i++) {
        assert_true(json_walk_next(&walk, &name, &value));
        assert_none(name);
        assert_slice(value, items[i]);
    }
    assert_false(json_walk_next(&walk, &name, &value));
    walk = json_walk(SLICE("\"text\""));
    assert_false(json_walk_next(&walk, &name, &value));
    walk = json_walk(SLICE("{}"));
    assert_false(json_walk_next(&walk, &name, &value));
}

static void leaves_malloc_to_others(void **state)
{
    (void)state;
    assert_non_null(json_parse(arena, SLICE("[1]"), NULL, NULL));
    cJSON *other = cJSON_Parse("{\"a\":[1,2]}");   /* must be malloc's again: freeing it would crash otherwise */
    assert_non_null(other);
    cJSON_Delete(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_what_is_not_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(accepts_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_depth_size_and_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looks_up_exactly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_duplicates_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(walks_without_a_tree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_malloc_to_others, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
