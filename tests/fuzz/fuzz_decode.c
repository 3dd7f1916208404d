/* Fuzz target of wire/decode: a body (after the first line) and a query string (the first line) against a contract that uses every
 * rule. Whatever is accepted must follow the rules; whatever is refused must leave pointers that are RFC 6901 or "query:name". */
#include "fuzz.h"

#include "base/utf8.h"
#include "gen/problems.h"
#include "wire/decode.h"
#include "wire/json.h"

static const char *const colors[] = { "red", "blue", NULL };
static const struct string_rule rules[] = {
    { .min = 1, .max = 5 }, { .format = FORMAT_UUID }, { .format = FORMAT_DATE }, { .format = FORMAT_DATE_TIME },
    { .format = FORMAT_EMAIL }, { .format = FORMAT_CURRENCY },
    { .format = FORMAT_DECIMAL }, { .format = FORMAT_URI }, { .format = FORMAT_LANGUAGE }, { .format = FORMAT_PHONE },
    { .values = colors }, { .max = 20, .multiline = true }, { .format = FORMAT_DECIMAL, .numbers = true },
};
#define RULES (sizeof rules / sizeof rules[0])

static void check_text(const struct string_rule *rule, struct slice text)
{
    CHECK(slice_is_none(text) || (utf8_valid(text) && !memchr(text.data, '\0', text.size)));
    if (!slice_is_none(text) && rule->max)
        CHECK(utf8_length(text) >= rule->min && utf8_length(text) <= rule->max);
    if (!slice_is_none(text) && !rule->multiline)
        CHECK(!memchr(text.data, '\n', text.size));
}

static void decode_item(struct decoder *d, const cJSON *value)
{
    static const struct decode_member members[] = { { "a", DECODE_REQUIRED }, { "n", DECODE_NULLABLE }, { "b", 0 },
                                                    { "raw", DECODE_REQUIRED | DECODE_NULLABLE } };
    const cJSON *at[4];
    struct slice text, raw;
    int64_t number;
    bool has, flag;
    if (!decode_object(d, value, members, 4, at))
        return;
    decode_string(d, "a", at[0], &rules[0], &text);
    check_text(&rules[0], text);
    decode_int64(d, "n", at[1], -100, 100, &number, &has);
    CHECK(has ? number >= -100 && number <= 100 : number == 0);
    decode_bool(d, "b", at[2], &flag, &has);
    decode_raw(d, "raw", at[3], 100, &raw);
    CHECK(slice_is_none(raw) || (raw.size <= 100 && json_check(raw, NULL, NULL)));
}

static void decode_all(struct decoder *d, const cJSON *value)
{
    static const struct decode_member members[] = { { "items", 0 }, { "texts", 0 } };
    const cJSON *at[2];
    size_t count;
    struct slice text;
    if (!decode_object(d, value, members, 2, at))
        return;
    if (decode_array(d, "items", at[0], 1, 10, &count)) {
        decode_enter(d, "items");
        for (const cJSON *item = decode_first(d, at[0]); item; item = decode_next(d, item))
            decode_item(d, item);
        decode_leave(d);
    }
    if (decode_array(d, "texts", at[1], 0, 50, &count)) {
        decode_enter(d, "texts");
        for (const cJSON *item = decode_first(d, at[1]); item; item = decode_next(d, item)) {
            const struct string_rule *rule = &rules[decode_index(d) % RULES];
            decode_string(d, NULL, item, rule, &text);
            check_text(rule, text);
        }
        decode_leave(d);
    }
    CHECK(d->depth == 0);
}

static void decode_line(struct decoder *d, struct slice query)
{
    static const struct decode_parameter parameters[] = { { "q", true }, { "limit", false }, { "open", false } };
    struct slice at[3], text;
    int64_t number;
    bool has, flag;
    decode_query(d, query, parameters, 3, at);
    decode_text_string(d, IN_QUERY, "q", at[0], &rules[0], &text);
    check_text(&rules[0], text);
    decode_text_int64(d, IN_QUERY, "limit", at[1], 1, 100, &number, &has);
    CHECK(!has || (number >= 1 && number <= 100));
    decode_text_bool(d, IN_QUERY, "open", at[2], &flag, &has);
    for (size_t i = 0; i < RULES; i++) {
        decode_text_string(d, IN_PATH, "id", query, &rules[i], &text);
        check_text(&rules[i], text);
    }
}

static void check_failure(const struct failure *failure)
{
    for (size_t i = 0; i < failure->field_count; i++) {
        struct slice pointer = failure->fields[i].pointer;
        CHECK(utf8_valid(pointer) && utf8_valid(failure->fields[i].detail) && failure->fields[i].code.size);
        CHECK(pointer.size == 0 || pointer.data[0] == '/' || slice_starts_with(pointer, SLICE("query:"))
              || slice_starts_with(pointer, SLICE("path:")));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct work work = { .arena = arena_new() };
    struct slice body, query = slice_cut(slice_of((const char *)data, size), '\n', &body);
    struct decoder d = decoder_new(&work);
    decode_line(&d, query);
    check_failure(&work.failure);
    work.failure = (struct failure){ .problem = NULL };
    const cJSON *value = decode_body(&work, body, true);
    CHECK(value || work.failure.problem == &PROBLEM_malformed_json);
    if (value)
        decode_all(&d, value);
    check_failure(&work.failure);
    arena_free(work.arena);
    return 0;
}
