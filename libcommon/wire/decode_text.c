/* Checking values that came as text (query, path, headers), and the rules on strings and numbers that JSON values share.
 * Nothing here suspends. */
#include "wire/decode_fail.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "wire/card_number.h"
#include "wire/uri.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_control(unsigned char c, bool multiline)
{
    const bool line = c == '\n' || c == '\r' || c == '\t';
    return (c < 0x20 && !(multiline && line)) || c == 0x7f;
}

/* False when there are control characters. Counts the digits on the way: few texts have enough of them to be looked at once more. */
static bool without_controls(struct slice text, bool multiline, size_t *digits)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        count += (unsigned)(c - '0') < 10;
        if ((c < 0x20 || c == 0x7f) && is_control(c, multiline))
            return false;
    }
    *digits = count;
    return true;
}

static bool enum_holds(struct decoder *d, struct decode_where where, const char *const *values, struct slice text)
{
    char list[256];
    size_t size = 0;
    list[0] = '\0';
    for (const char *const *value = values; *value; value++) {
        if (slice_equals_text(text, *value))
            return true;
        int more = snprintf(list + size, sizeof list - size, "%s%s", size ? ", " : "", *value);
        size = size + (size_t)more < sizeof list ? size + (size_t)more : sizeof list - 1;
    }
    decode_fail(d, where, "enum", "must be one of: %s", list);
    return false;
}

static bool length_holds(struct decoder *d, struct decode_where where, const struct string_rule *rule, struct slice text)
{
    size_t length = utf8_length(text);
    if (length < rule->min)
        decode_fail(d, where, "length", "must have at least %zu character%s", rule->min, rule->min == 1 ? "" : "s");
    else if (rule->max && length > rule->max)
        decode_fail(d, where, "length", "must have at most %zu character%s", rule->max, rule->max == 1 ? "" : "s");
    else
        return true;
    return false;
}

/* Of what clients say in bodies and queries, all but what its format or its list of words keeps to something else. */
static bool may_hold_card(struct decode_where where, const struct string_rule *rule)
{
    const bool text = rule->format == FORMAT_NONE || rule->format == FORMAT_EMAIL || rule->format == FORMAT_URI;
    return text && !rule->values && !rule->long_numbers && (!where.prefix || strcmp(where.prefix, "query") == 0);
}

bool decode_rule_holds(struct decoder *d, struct decode_where where, const struct string_rule *rule, struct slice text)
{
    size_t digits;
    if (!without_controls(text, rule->multiline, &digits)) {
        decode_fail(d, where, "format", "must not hold control characters");
        return false;
    }
    if (digits >= CARD_NUMBER_DIGITS_MIN && may_hold_card(where, rule) && card_number_in(text)) {
        decode_refuse_card(d, where);
        return false;
    }
    if (rule->values)
        return enum_holds(d, where, rule->values, text);
    const char *demand = format_check(rule->format, text);
    if (demand) {
        decode_fail(d, where, "format", "%s", demand);
        return false;
    }
    return length_holds(d, where, rule, text);
}

bool decode_range_holds(struct decoder *d, struct decode_where where, int64_t value, int64_t min, int64_t max)
{
    if (value < min)
        decode_fail(d, where, "range", "must be at least %lld", (long long)min);
    else if (value > max)
        decode_fail(d, where, "range", "must be at most %lld", (long long)max);
    else
        return true;
    return false;
}

static struct decode_where in_place(enum decode_place place, const char *name)
{
    static const char *const prefixes[] = { [IN_QUERY] = "query", [IN_PATH] = "path", [IN_HEADER] = "header" };
    return (struct decode_where){ .prefix = prefixes[place], .name = name };
}

/* A decoded query parameter; its name is NUL-terminated and in the arena. */
static void take_parameter(struct decoder *d, struct slice name, struct slice value, const struct decode_parameter *parameters,
                           size_t count, struct slice *found)
{
    struct decode_where where = in_place(IN_QUERY, name.data);
    size_t i = 0;
    while (i < count && !slice_equals_text(name, parameters[i].name))
        i++;
    if (i == count)
        decode_fail(d, where, "unknown_field", "is not a parameter of this operation");
    else if (!slice_is_none(found[i]))
        decode_fail(d, where, "duplicate", "is given more than once");
    else
        found[i] = value;
}

void decode_query(struct decoder *d, struct slice query, const struct decode_parameter *parameters, size_t count, struct slice *found)
{
    if (count > 64)
        abort();
    for (size_t i = 0; i < count; i++)
        found[i] = SLICE_NONE;
    struct arena *arena = d->work->arena;
    struct slice name, value;
    while (!decode_full(d) && uri_query_next(&query, &name, &value)) {
        struct slice plain;
        if (!uri_decode(arena, name, true, &plain))
            decode_fail(d, in_place(IN_QUERY, ""), "format", "a parameter's name is not well-formed");
        else if (!uri_decode(arena, slice_is_none(value) ? SLICE("") : value, true, &value))
            decode_fail(d, in_place(IN_QUERY, arena_copy(arena, plain).data), "format", "must be percent-encoded UTF-8");
        else
            take_parameter(d, arena_copy(arena, plain), value, parameters, count, found);
    }
    for (size_t i = 0; i < count; i++)
        if (parameters[i].required && slice_is_none(found[i]))
            decode_fail(d, in_place(IN_QUERY, parameters[i].name), "required", "is required");
}

void decode_text_string(struct decoder *d, enum decode_place place, const char *name, struct slice text,
                        const struct string_rule *rule, struct slice *out)
{
    struct decode_where where = in_place(place, name);
    *out = SLICE_NONE;
    if (slice_is_none(text))
        return;
    if (place == IN_PATH && !uri_decode(d->work->arena, text, false, &text))
        decode_fail(d, where, "format", "must be percent-encoded UTF-8");
    else if (decode_rule_holds(d, where, rule, text))
        *out = text;
}

void decode_text_int64(struct decoder *d, enum decode_place place, const char *name, struct slice text, int64_t min, int64_t max,
                       int64_t *out, bool *has)
{
    int64_t value;
    *out = 0;
    *has = false;
    if (slice_is_none(text))
        return;
    if (!slice_to_int64(text, &value)) {
        decode_fail(d, in_place(place, name), "type", "must be an integer");
    } else if (decode_range_holds(d, in_place(place, name), value, min, max)) {
        *out = value;
        *has = true;
    }
}

void decode_text_bool(struct decoder *d, enum decode_place place, const char *name, struct slice text, bool *out, bool *has)
{
    *out = slice_equals_text(text, "true");
    *has = *out || slice_equals_text(text, "false");
    if (!slice_is_none(text) && !*has)
        decode_fail(d, in_place(place, name), "type", "must be true or false");
}
