/* Checking JSON bodies against the contract, for the generated decoders. Invariants: the path holds where we are, so a failure costs
 * a pointer only when it happens; a value that breaks its rule leaves its output as if it were absent; once
 * PROBLEM_FIELDS_MAX failures are on record hostile input is not looked at further. Nothing here suspends. */
#include "wire/decode_fail.h"

#include "base/utf8.h"
#include "gen/problems.h"
#include "wire/card_number.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

#define POINTER_BYTES_MAX 256
#define POINTER_NAME_MAX 64      /* bytes of a name from outside that are repeated in a pointer */

struct decoder decoder_new(struct work *work)
{
    return (struct decoder){ .work = work };
}

const cJSON *decode_body(struct work *work, struct slice body, bool required)
{
    if (!body.size && !required)
        return NULL;
    const char *why;
    size_t offset;
    const cJSON *value = json_parse(work->arena, body, &why, &offset);
    if (!value)
        work_fail(work, &PROBLEM_malformed_json, "%s, at byte %zu", body.size ? why : "a JSON body is required", offset);
    return value;
}

void decode_enter(struct decoder *d, const char *name)
{
    if (d->depth == sizeof d->path / sizeof d->path[0])
        abort();   /* contracts do not nest deeper than the gate lets through */
    d->path[d->depth++] = (struct decode_step){ .name = name };
}

void decode_leave(struct decoder *d)
{
    if (!d->depth)
        abort();
    d->depth--;
}

const cJSON *decode_first(struct decoder *d, const cJSON *array)
{
    if (array->child)
        decode_enter(d, NULL);
    return array->child;
}

const cJSON *decode_next(struct decoder *d, const cJSON *item)
{
    if (item->next)
        d->path[d->depth - 1].index++;
    else
        decode_leave(d);
    return item->next;
}

size_t decode_index(const struct decoder *d)
{
    return d->path[d->depth - 1].index;
}

/* Appends "/name" with RFC 6901's escapes. */
static size_t put_name(char *out, size_t size, const char *name)
{
    struct slice s = utf8_cut(slice_from_text(name), POINTER_NAME_MAX);
    if (size + 1 + 2 * s.size > POINTER_BYTES_MAX)
        return size;
    out[size++] = '/';
    for (size_t i = 0; i < s.size; i++) {
        if (s.data[i] == '~' || s.data[i] == '/') {
            out[size++] = '~';
            out[size++] = s.data[i] == '~' ? '0' : '1';
        } else {
            out[size++] = s.data[i];
        }
    }
    return size;
}

static struct slice path_pointer(const struct decoder *d, const char *name, char out[POINTER_BYTES_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < d->depth; i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", d->path[i].index);
        size = put_name(out, size, d->path[i].name ? d->path[i].name : index);
    }
    if (name)
        size = put_name(out, size, name);
    return slice_of(out, size);
}

static struct slice where_pointer(const struct decoder *d, struct decode_where where, char out[POINTER_BYTES_MAX])
{
    if (!where.prefix)
        return path_pointer(d, where.name, out);
    const struct slice name = utf8_cut(slice_from_text(where.name), POINTER_NAME_MAX);
    return slice_of(out, (size_t)snprintf(out, POINTER_BYTES_MAX, "%s:%.*s", where.prefix, SLICE_FMT(name)));
}

/* Whatever else is wrong: this is what its sender has to hear. */
static void refuse_card(struct decoder *d, struct slice pointer)
{
    d->failed = true;
    if (d->work->failure.problem == &PROBLEM_validation_failed)
        d->work->failure = (struct failure){ 0 };
    work_fail_field(d->work, &PROBLEM_card_number_refused, pointer, "card_number",
                    "holds what looks like a card number; send the provider's token instead, card numbers must never reach this API");
}

void decode_fail(struct decoder *d, struct decode_where where, const char *code, const char *format, ...)
{
    d->failed = true;
    char pointer[POINTER_BYTES_MAX], detail[512];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    const struct slice at = where_pointer(d, where, pointer), whole = utf8_cut(slice_from_text(detail), sizeof detail - 4);
    if (card_number_in(at) || card_number_in(whole))   /* a name can be one, too */
        refuse_card(d, card_number_in(at) ? SLICE("") : at);
    else
        work_fail_field(d->work, &PROBLEM_validation_failed, at, code, "%.*s", SLICE_FMT(whole));
}

void decode_refuse_card(struct decoder *d, struct decode_where where)
{
    char pointer[POINTER_BYTES_MAX];
    refuse_card(d, where_pointer(d, where, pointer));
}

bool decode_full(const struct decoder *d)
{
    return d->work->failure.field_count == PROBLEM_FIELDS_MAX;
}

static size_t member_index(const struct decode_member *members, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && strcmp(members[i].name, name) != 0)
        i++;
    return i;
}

static void take_member(struct decoder *d, const cJSON *child, const struct decode_member *members, size_t count, uint64_t *seen,
                        const cJSON **found)
{
    size_t i = member_index(members, count, child->string);
    if (i == count) {
        decode_fail(d, in_body(child->string), "unknown_field", "is not a field of this object");
    } else if (*seen >> i & 1) {
        decode_fail(d, in_body(child->string), "duplicate", "is given more than once");
        found[i] = NULL;
    } else {
        *seen |= UINT64_C(1) << i;
        if (!cJSON_IsNull(child))
            found[i] = child;
        else if (!(members[i].flags & DECODE_NULLABLE))
            decode_fail(d, in_body(child->string), "type", "must not be null");
    }
}

bool decode_object(struct decoder *d, const cJSON *value, const struct decode_member *members, size_t count, const cJSON **found)
{
    uint64_t seen = 0;
    if (count > 64)
        abort();
    for (size_t i = 0; i < count; i++)
        found[i] = NULL;
    if (!cJSON_IsObject(value)) {
        decode_fail(d, in_body(NULL), "type", "must be an object");
        return false;
    }
    for (const cJSON *child = value->child; child && !decode_full(d); child = child->next)
        take_member(d, child, members, count, &seen, found);
    for (size_t i = 0; i < count; i++)
        if (members[i].flags & DECODE_REQUIRED && !(seen >> i & 1))
            decode_fail(d, in_body(members[i].name), "required", "is required");
    return true;
}

void decode_string(struct decoder *d, const char *name, const cJSON *value, const struct string_rule *rule, struct slice *out)
{
    *out = SLICE_NONE;
    if (!value)
        return;
    const struct slice text = rule->numbers && cJSON_IsNumber(value) ? json_print(d->work->arena, value) : json_text(value);
    if (slice_is_none(text))
        decode_fail(d, in_body(name), "type", rule->numbers ? "must be a string or a number" : "must be a string");
    else if (decode_rule_holds(d, in_body(name), rule, text))
        *out = text;
}

void decode_int64(struct decoder *d, const char *name, const cJSON *value, int64_t min, int64_t max, int64_t *out, bool *has)
{
    int64_t number;
    *out = 0;
    *has = false;
    if (!value)
        return;
    if (!json_int64(value, &number)) {
        decode_fail(d, in_body(name), "type", "must be an integer");
    } else if (decode_range_holds(d, in_body(name), number, min, max)) {
        *out = number;
        *has = true;
    }
}

void decode_bool(struct decoder *d, const char *name, const cJSON *value, bool *out, bool *has)
{
    *has = cJSON_IsBool(value);
    *out = cJSON_IsTrue(value);
    if (value && !*has)
        decode_fail(d, in_body(name), "type", "must be true or false");
}

bool decode_array(struct decoder *d, const char *name, const cJSON *value, size_t min, size_t max, size_t *count)
{
    *count = 0;
    if (!value)
        return false;
    if (!cJSON_IsArray(value)) {
        decode_fail(d, in_body(name), "type", "must be an array");
        return false;
    }
    size_t size = 0;
    for (const cJSON *item = value->child; item; item = item->next)
        size++;
    if (size < min || size > max) {
        decode_fail(d, in_body(name), "length", "must have %zu to %zu elements", min, max);
        return false;
    }
    *count = size;
    return true;
}

void decode_raw(struct decoder *d, const char *name, const cJSON *value, size_t bytes_max, struct slice *out)
{
    *out = SLICE_NONE;
    if (!value)
        return;
    if (!cJSON_IsObject(value)) {
        decode_fail(d, in_body(name), "type", "must be an object");
        return;
    }
    const cJSON *duplicate = json_duplicate(d->work->arena, value);
    if (duplicate) {
        struct slice twice = utf8_cut(slice_from_text(duplicate->string), POINTER_NAME_MAX);
        decode_fail(d, in_body(name), "duplicate", "holds the name \"%.*s\" more than once in an object", SLICE_FMT(twice));
        return;
    }
    struct slice text = json_print(d->work->arena, value);
    if (card_number_in(text))
        decode_refuse_card(d, in_body(name));
    else if (bytes_max && text.size > bytes_max)
        decode_fail(d, in_body(name), "length", "must be at most %zu bytes of JSON", bytes_max);
    else
        *out = text;
}
