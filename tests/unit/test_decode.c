/* The decode helpers, used as the generated decoders use them: every violation recorded at its pointer, outputs as if absent. */
#include "check.h"

#include "gen/problems.h"
#include "wire/decode.h"
#include "wire/json.h"

#include <stdio.h>

static struct work work;

static int set_up(void **state)
{
    (void)state;
    work = (struct work){ .arena = arena_new() };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(work.arena);
    return 0;
}

/* The recorded fields as "pointer code; ..." */
static struct slice recorded(void)
{
    struct slice out = SLICE("");
    for (size_t i = 0; i < work.failure.field_count; i++) {
        const struct problem_field *field = &work.failure.fields[i];
        out = arena_printf(work.arena, "%.*s%s%.*s %.*s", SLICE_FMT(out), i ? "; " : "", SLICE_FMT(field->pointer), SLICE_FMT(field->code));
    }
    return out;
}

static const cJSON *body(const char *text)
{
    return decode_body(&work, slice_from_text(text), true);
}

struct line {
    struct slice product_id;
    int64_t quantity;
    bool has_quantity;
    const struct slice *tags;
    size_t tags_count;
};

struct cart {
    const struct line *lines;
    size_t lines_count;
    struct slice note, currency, channel, extra;
    bool gift, has_gift;
    int64_t limit;
    bool has_limit;
};

static void decode_line(struct decoder *d, const cJSON *value, struct line *out)
{
    static const struct decode_member members[] = { { "product_id", DECODE_REQUIRED }, { "quantity", DECODE_REQUIRED },
                                                    { "tags", DECODE_NULLABLE } };
    static const struct string_rule product_id = { .format = FORMAT_UUID }, tag = { .min = 1, .max = 5 };
    const cJSON *at[3];
    if (!decode_object(d, value, members, 3, at))
        return;
    decode_string(d, "product_id", at[0], &product_id, &out->product_id);
    decode_int64(d, "quantity", at[1], 1, 1000, &out->quantity, &out->has_quantity);
    if (decode_array(d, "tags", at[2], 0, 3, &out->tags_count)) {
        struct slice *tags = ARENA_ARRAY(d->work->arena, struct slice, out->tags_count);
        decode_enter(d, "tags");
        for (const cJSON *item = decode_first(d, at[2]); item; item = decode_next(d, item))
            decode_string(d, NULL, item, &tag, &tags[decode_index(d)]);
        decode_leave(d);
        out->tags = tags;
    }
}

static void decode_lines(struct decoder *d, const cJSON *value, struct cart *out)
{
    struct line *lines = ARENA_ARRAY(d->work->arena, struct line, out->lines_count);
    decode_enter(d, "lines");
    for (const cJSON *item = decode_first(d, value); item; item = decode_next(d, item))
        decode_line(d, item, &lines[decode_index(d)]);
    decode_leave(d);
    out->lines = lines;
}

static struct cart decode_cart(const char *text)
{
    static const struct decode_member members[] = {
        { "lines", DECODE_REQUIRED }, { "note", DECODE_NULLABLE }, { "currency", 0 }, { "channel", 0 }, { "gift", 0 }, { "a/b~c", 0 },
        { "extra", 0 },
    };
    static const char *const channels[] = { "web", "store", NULL };
    static const struct string_rule note = { .max = 10, .multiline = true }, currency = { .format = FORMAT_CURRENCY },
    channel = { .values = channels };
    struct cart out = { 0 };
    struct decoder d = decoder_new(&work);
    const cJSON *at[7], *value = body(text);
    if (!value || !decode_object(&d, value, members, 7, at))
        return out;
    if (decode_array(&d, "lines", at[0], 1, 2, &out.lines_count))
        decode_lines(&d, at[0], &out);
    decode_string(&d, "note", at[1], &note, &out.note);
    decode_string(&d, "currency", at[2], &currency, &out.currency);
    decode_string(&d, "channel", at[3], &channel, &out.channel);
    decode_bool(&d, "gift", at[4], &out.gift, &out.has_gift);
    decode_int64(&d, "a/b~c", at[5], -5, 5, &out.limit, &out.has_limit);
    decode_raw(&d, "extra", at[6], 20, &out.extra);
    assert_int_equal(d.depth, 0);
    assert_int_equal(d.failed, work_failed(&work));
    return out;
}

#define ID "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10"
#define LINE "{\"product_id\":\"" ID "\",\"quantity\":2}"

static void decodes_what_is_right(void **state)
{
    (void)state;
    struct cart cart = decode_cart("{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":2,\"tags\":[\"a\",\"ni\xc3\xb1os\"]},"
                                   "{\"quantity\":1000,\"product_id\":\"" ID "\",\"tags\":null}],\"note\":\"two\\nlines\",\"currency\":\"COP\","
                                   "\"channel\":\"store\",\"gift\":true,\"a/b~c\":-5,\"extra\":{\"x\": [1, {}]}}");
    assert_false(work_failed(&work));
    assert_int_equal(cart.lines_count, 2);
    assert_slice(cart.lines[0].product_id, ID);
    assert_int_equal(cart.lines[0].quantity, 2);
    assert_int_equal(cart.lines[0].tags_count, 2);
    assert_slice(cart.lines[0].tags[1], "ni\xc3\xb1os");
    assert_true(cart.lines[1].has_quantity && !cart.lines[1].tags && cart.lines[1].tags_count == 0);
    assert_slice(cart.note, "two\nlines");
    assert_slice(cart.currency, "COP");
    assert_slice(cart.channel, "store");
    assert_true(cart.gift && cart.has_gift && cart.has_limit && cart.limit == -5);
    assert_slice(cart.extra, "{\"x\":[1,{}]}");
}

/* Whatever else is wrong, and wherever it stands: it is refused by its field, and never repeated. */
static void card_numbers_are_refused(void **state)
{
    (void)state;
    static const char *const bodies[][2] = {
        { "{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":2,\"tags\":[\"a\",\"4242 4242 4242 4242\"]}]}", "/lines/0/tags/1" },
        { "{\"lines\":[" LINE "],\"note\":\"4242424242424242\"}", "/note" },
        { "{\"lines\":[],\"gift\":7,\"note\":\"4242424242424242\"}", "/note" },
        { "{\"lines\":[" LINE "],\"extra\":{\"x\":4242424242424242}}", "/extra" },
        { "{\"lines\":[" LINE "],\"4242424242424242\":1}", "" },
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        work.failure = (struct failure){ 0 };
        decode_cart(bodies[i][0]);
        assert_ptr_equal(work.failure.problem, &PROBLEM_card_number_refused);
        assert_int_equal(work.failure.field_count, 1);
        assert_slice(work.failure.fields[0].pointer, bodies[i][1]);
        assert_null(memmem(work.failure.fields[0].detail.data, work.failure.fields[0].detail.size, "4242", 4));
    }
}

static void long_numbers_where_they_are_meant(void **state)
{
    (void)state;
    static const struct string_rule tax_id = { .long_numbers = true }, reason = { .max = 40 };
    struct decoder d = decoder_new(&work);
    struct slice out;
    decode_text_string(&d, IN_QUERY, "tax_id", SLICE("36227206271667"), &tax_id, &out);
    assert_slice(out, "36227206271667");
    decode_text_string(&d, IN_PATH, "id", SLICE("36227206271667"), &reason, &out);
    assert_false(work_failed(&work));
    decode_text_string(&d, IN_QUERY, "q", SLICE("36227206271667"), &reason, &out);
    assert_ptr_equal(work.failure.problem, &PROBLEM_card_number_refused);
    assert_slice(work.failure.fields[0].pointer, "query:q");
}

static void absent_and_null_are_none(void **state)
{
    (void)state;
    struct cart cart = decode_cart("{\"lines\":[" LINE "],\"note\":null}");
    assert_false(work_failed(&work));
    assert_none(cart.note);
    assert_none(cart.currency);
    assert_none(cart.extra);
    assert_false(cart.has_gift || cart.has_limit);
}

static void names_each_wrong_field(void **state)
{
    (void)state;
    static const struct { const char *text, *recorded; } table[] = {
        { "[]", " type" }, { "7", " type" }, { "null", " type" }, { "{}", "/lines required" },
        { "{\"lines\":[]}", "/lines length" }, { "{\"lines\":[" LINE "," LINE "," LINE "]}", "/lines length" },
        { "{\"lines\":{}}", "/lines type" },
        { "{\"lines\":null}", "/lines type" }, { "{\"lines\":[7]}", "/lines/0 type" },
        { "{\"lines\":[" LINE ",{}]}", "/lines/1/product_id required; /lines/1/quantity required" },
        { "{\"lines\":[{\"product_id\":\"x\",\"quantity\":0}]}", "/lines/0/product_id format; /lines/0/quantity range" },
        { "{\"lines\":[{\"product_id\":5,\"quantity\":\"2\"}]}", "/lines/0/product_id type; /lines/0/quantity type" },
        { "{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":1.5}]}", "/lines/0/quantity type" },
        { "{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":1001}]}", "/lines/0/quantity range" },
        { "{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":1,\"tags\":[\"a\",\"\",\"toolong\"]}]}",
          "/lines/0/tags/1 length; /lines/0/tags/2 length" },
        { "{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":1,\"tags\":[\"a\",[],null]}]}",
          "/lines/0/tags/1 type; /lines/0/tags/2 type" },
        { "{\"lines\":[" LINE "],\"price\":1,\"Note\":\"\"}", "/price unknown_field; /Note unknown_field" },
        { "{\"lines\":[" LINE "],\"gift\":true,\"gift\":false}", "/gift duplicate" },
        { "{\"lines\":[" LINE "],\"note\":null,\"note\":\"a\"}", "/note duplicate" },
        { "{\"lines\":[" LINE "],\"gift\":\"true\"}", "/gift type" }, { "{\"lines\":[" LINE "],\"gift\":1}", "/gift type" },
        { "{\"lines\":[" LINE "],\"gift\":null}", "/gift type" },
        { "{\"lines\":[" LINE "],\"currency\":\"XXX\",\"channel\":\"phone\"}", "/currency format; /channel enum" },
        { "{\"lines\":[" LINE "],\"note\":\"12345678901\"}", "/note length" },
        { "{\"lines\":[" LINE "],\"note\":\"a\\u0007\"}", "/note format" },
        { "{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":1,\"tags\":[\"a\\n\"]}]}", "/lines/0/tags/0 format" },
        { "{\"lines\":[" LINE "],\"a/b~c\":6,\"x/y~z\":1}", "/x~1y~0z unknown_field; /a~1b~0c range" },
        { "{\"lines\":[" LINE "],\"extra\":[]}", "/extra type" },
        { "{\"lines\":[" LINE "],\"extra\":{\"a\":{\"b\":1,\"b\":2}}}", "/extra duplicate" },
        { "{\"lines\":[" LINE "],\"extra\":{\"a\":\"0123456789012345678\"}}", "/extra length" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        set_up(NULL);
        decode_cart(table[i].text);
        assert_ptr_equal(work.failure.problem, &PROBLEM_validation_failed);
        struct slice got = recorded();
        if (!slice_equals_text(got, table[i].recorded))
            fail_msg("%s\n -> %.*s", table[i].text, SLICE_FMT(got));
        tear_down(NULL);
    }
}

static void wrong_values_look_absent(void **state)
{
    (void)state;
    struct cart cart = decode_cart("{\"lines\":[{\"product_id\":\"x\",\"quantity\":0}],\"note\":7,\"gift\":1,\"a/b~c\":9,\"extra\":1}");
    assert_none(cart.lines[0].product_id);
    assert_false(cart.lines[0].has_quantity || cart.has_gift || cart.has_limit);
    assert_none(cart.note);
    assert_none(cart.extra);
}

static void malformed_bodies_tell_where(void **state)
{
    (void)state;
    assert_null(body("{\"a\":1,}"));
    assert_ptr_equal(work.failure.problem, &PROBLEM_malformed_json);
    assert_slice(work.failure.detail, "a name in double quotes was expected, at byte 7");
    tear_down(NULL);
    set_up(NULL);
    assert_null(body(""));
    assert_ptr_equal(work.failure.problem, &PROBLEM_malformed_json);
    tear_down(NULL);
    set_up(NULL);
    assert_null(decode_body(&work, SLICE(""), false));
    assert_null(decode_body(&work, SLICE_NONE, false));
    assert_false(work_failed(&work));
}

static void floods_are_cut_short(void **state)
{
    (void)state;
    struct slice text = SLICE("\"a\":1");
    for (int i = 0; i < 3000; i++)
        text = arena_printf(work.arena, "%.*s,\"k%d\":1", SLICE_FMT(text), i % 700);
    size_t before = arena_used(work.arena);
    decode_cart(arena_printf(work.arena, "{%.*s}", SLICE_FMT(text)).data);
    assert_int_equal(work.failure.field_count, PROBLEM_FIELDS_MAX);
    assert_true(arena_used(work.arena) - before < 1024 * 1024);
}

static void long_names_are_cut(void **state)
{
    (void)state;
    struct slice name = arena_printf(work.arena, "%0500d", 0);
    decode_cart(arena_printf(work.arena, "{\"lines\":[" LINE "],\"%.*s\":1}", SLICE_FMT(name)).data);
    assert_int_equal(work.failure.field_count, 1);
    assert_int_equal(work.failure.fields[0].pointer.size, 65);
}

struct page {
    struct slice q, status;
    int64_t limit;
    bool has_limit, open, has_open;
};

static struct page decode_page(const char *query)
{
    static const struct decode_parameter parameters[] = { { "q", false }, { "limit", false }, { "status", true }, { "open", false } };
    static const char *const values[] = { "open", "closed", NULL };
    static const struct string_rule q = { .min = 1, .max = 10 }, status = { .values = values };
    struct page out;
    struct slice at[4];
    struct decoder d = decoder_new(&work);
    decode_query(&d, slice_from_text(query), parameters, 4, at);
    decode_text_string(&d, IN_QUERY, "q", at[0], &q, &out.q);
    decode_text_int64(&d, IN_QUERY, "limit", at[1], 1, 100, &out.limit, &out.has_limit);
    decode_text_string(&d, IN_QUERY, "status", at[2], &status, &out.status);
    decode_text_bool(&d, IN_QUERY, "open", at[3], &out.open, &out.has_open);
    return out;
}

static void decodes_queries(void **state)
{
    (void)state;
    struct page page = decode_page("q=ni%C3%B1o+x&status=open&limit=20&&open=false");
    assert_false(work_failed(&work));
    assert_slice(page.q, "ni\xc3\xb1o x");
    assert_true(page.has_limit && page.limit == 20 && page.has_open && !page.open);
    static const struct { const char *query, *recorded; } table[] = {
        { "", "query:status required" }, { NULL, "query:status required" }, { "status=open&status=open", "query:status duplicate" },
        { "status=open&page=2", "query:page unknown_field" }, { "status=all", "query:status enum" },
        { "status=open&limit=0", "query:limit range" },
        { "status=open&limit=101", "query:limit range" }, { "status=open&limit=abc", "query:limit type" },
        { "status=open&limit=", "query:limit type" },
        { "status=open&q=", "query:q length" }, { "status=open&q", "query:q length" }, { "status=open&q=%", "query:q format" },
        { "status=open&q=%00", "query:q format" },
        { "status=open&q=%ff", "query:q format" }, { "status=open&q=a%0Ab", "query:q format" }, { "status=open&open=1", "query:open type" },
        { "status=open&%zz=1", "query: format" }, { "%73tatus=open&Q=1", "query:Q unknown_field" },
        { "status=open&q=12345678901", "query:q length" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        tear_down(NULL);
        set_up(NULL);
        decode_page(table[i].query);
        struct slice got = recorded();
        if (!slice_equals_text(got, table[i].recorded))
            fail_msg("%s -> %.*s", table[i].query, SLICE_FMT(got));
    }
}

static void decodes_paths_and_headers(void **state)
{
    (void)state;
    static const struct string_rule id = { .format = FORMAT_UUID }, key = { .min = 1, .max = 255 }, name = { .max = 20 };
    struct decoder d = decoder_new(&work);
    struct slice out;
    decode_text_string(&d, IN_PATH, "id", SLICE(ID), &id, &out);
    assert_slice(out, ID);
    decode_text_string(&d, IN_PATH, "name", SLICE("a+b%20c"), &name, &out);
    assert_slice(out, "a+b c");
    assert_false(work_failed(&work));
    decode_text_string(&d, IN_PATH, "id", SLICE("abc"), &id, &out);
    assert_none(out);
    decode_text_string(&d, IN_PATH, "name", SLICE("%f"), &name, &out);
    decode_text_string(&d, IN_HEADER, "Idempotency-Key", SLICE(""), &key, &out);
    assert_slice(recorded(), "path:id format; path:name format; header:Idempotency-Key length");
}

static void formats_are_strict(void **state)
{
    (void)state;
    static const struct { enum string_format format; bool ok; const char *text; } table[] = {
        { FORMAT_NONE, true, "anything" }, { FORMAT_UUID, true, ID }, { FORMAT_UUID, false, "" }, { FORMAT_DATE, true, "2026-11-22" },
        { FORMAT_DATE, false, "2026-02-30" },
        { FORMAT_DATE_TIME, true, "2026-11-22T00:00:00Z" }, { FORMAT_DATE_TIME, false, "2026-11-22" },
        { FORMAT_CURRENCY, true, "USD" }, { FORMAT_CURRENCY, false, "usd" },
        { FORMAT_DECIMAL, true, "0.0199" }, { FORMAT_DECIMAL, true, "-3" }, { FORMAT_DECIMAL, false, "1e3" },
        { FORMAT_DECIMAL, false, "" }, { FORMAT_DECIMAL, false, "." },
        { FORMAT_EMAIL, true, "ana@example.com" }, { FORMAT_EMAIL, true, "a.b+c@mail.example.co" },
        { FORMAT_EMAIL, true, "o'brien@x-y.io" }, { FORMAT_EMAIL, false, "" },
        { FORMAT_EMAIL, false, "ana" }, { FORMAT_EMAIL, false, "@example.com" }, { FORMAT_EMAIL, false, "ana@" },
        { FORMAT_EMAIL, false, "ana@localhost" },
        { FORMAT_EMAIL, false, "ana@@example.com" }, { FORMAT_EMAIL, false, "ana@example..com" },
        { FORMAT_EMAIL, false, "ana@-example.com" }, { FORMAT_EMAIL, false, "a..b@example.com" },
        { FORMAT_EMAIL, false, ".a@example.com" }, { FORMAT_EMAIL, false, "a.@example.com" },
        { FORMAT_EMAIL, false, "a b@example.com" }, { FORMAT_EMAIL, false, "ana@example.com\n" },
        { FORMAT_EMAIL, false, "<ana@example.com>" }, { FORMAT_EMAIL, false, "ana@1.2.3.4" },
        { FORMAT_EMAIL, false, "ana@example.com," }, { FORMAT_EMAIL, false, "\"a\"@example.com" },
        { FORMAT_URI, true, "https://example.com/a?b=c" }, { FORMAT_URI, true, "http://127.0.0.1:8080" },
        { FORMAT_URI, false, "ftp://example.com" }, { FORMAT_URI, false, "javascript:alert(1)" },
        { FORMAT_URI, false, "https://" }, { FORMAT_URI, false, "https:///path" }, { FORMAT_URI, false, "https://a b" },
        { FORMAT_URI, false, "//example.com" }, { FORMAT_URI, false, "" },
        { FORMAT_LANGUAGE, true, "es" }, { FORMAT_LANGUAGE, true, "es-CO" }, { FORMAT_LANGUAGE, true, "es-419" },
        { FORMAT_LANGUAGE, true, "arn" }, { FORMAT_LANGUAGE, false, "ES" },
        { FORMAT_LANGUAGE, false, "e" }, { FORMAT_LANGUAGE, false, "es_CO" }, { FORMAT_LANGUAGE, false, "es-" },
        { FORMAT_LANGUAGE, false, "es-co" }, { FORMAT_LANGUAGE, false, "spanish" },
        { FORMAT_PHONE, true, "+573001234567" }, { FORMAT_PHONE, false, "573001234567" }, { FORMAT_PHONE, false, "+0573001234" },
        { FORMAT_PHONE, false, "+57 300 1234567" },
        { FORMAT_PHONE, false, "+123456" }, { FORMAT_PHONE, false, "+1234567890123456" }, { FORMAT_PHONE, false, "" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++)
        if ((format_check(table[i].format, slice_from_text(table[i].text)) == NULL) != table[i].ok)
            fail_msg("format %d: \"%s\"", table[i].format, table[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(decodes_what_is_right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(card_numbers_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_numbers_where_they_are_meant, set_up, tear_down),
        cmocka_unit_test_setup_teardown(absent_and_null_are_none, set_up, tear_down),
        cmocka_unit_test(names_each_wrong_field),
        cmocka_unit_test_setup_teardown(wrong_values_look_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(malformed_bodies_tell_where, set_up, tear_down),
        cmocka_unit_test_setup_teardown(floods_are_cut_short, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_names_are_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(decodes_queries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(decodes_paths_and_headers, set_up, tear_down),
        cmocka_unit_test(formats_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
