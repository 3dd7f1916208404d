/* Form encoding, both ways. Reading is bounded and strict: what it accepts is decoded UTF-8 without NUL. Nothing here suspends. */
#include "wire/form.h"

#include "wire/uri.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 512

static size_t field_count(struct slice body)
{
    struct slice name, value;
    size_t count = 0;
    while (count <= FORM_FIELDS_MAX && uri_query_next(&body, &name, &value))
        count++;
    return count;
}

bool form_read(struct arena *arena, struct slice body, struct form *out)
{
    size_t count = field_count(body);
    if (count > FORM_FIELDS_MAX)
        return false;
    struct form_field *fields = ARENA_ARRAY(arena, struct form_field, count);
    struct slice key, value;
    for (size_t i = 0; uri_query_next(&body, &key, &value); i++) {
        if (!uri_decode(arena, key, true, &fields[i].key) || !fields[i].key.size || fields[i].key.size > FORM_KEY_BYTES_MAX)
            return false;
        if (!uri_decode(arena, slice_is_none(value) ? SLICE("") : value, true, &fields[i].value))
            return false;
    }
    *out = (struct form){ .fields = fields, .count = count };
    return true;
}

struct slice form_find(const struct form *form, const char *key)
{
    for (size_t i = 0; i < form->count; i++)
        if (slice_equals_text(form->fields[i].key, key))
            return form->fields[i].value;
    return SLICE_NONE;
}

bool form_child(const struct form *form, const char *prefix, size_t *at, struct slice *name, struct slice *value)
{
    while (*at < form->count) {
        const struct form_field *field = &form->fields[(*at)++];
        struct slice inner, before = slice_cut(field->key, '[', &inner);
        if (slice_is_none(inner) || !slice_equals_text(before, prefix))
            continue;
        struct slice rest;
        *name = slice_cut(inner, ']', &rest);
        if (slice_is_none(rest) || rest.size)
            continue;
        *value = field->value;
        return true;
    }
    return false;
}

struct form_writer form_to_arena(struct arena *arena)
{
    return (struct form_writer){ .arena = arena };
}

static void put(struct form_writer *out, struct slice bytes)
{
    if (bytes.size >= out->capacity - out->size) {   /* one more for the NUL */
        size_t capacity = out->capacity ? out->capacity * 2 : FIRST_CAPACITY;
        if (capacity <= out->size + bytes.size)
            capacity = out->size + bytes.size + 1;
        out->data = arena_grow(out->arena, out->data, out->capacity, capacity);
        out->capacity = capacity;
    }
    if (bytes.size)
        memcpy(out->data + out->size, bytes.data, bytes.size);
    out->size += bytes.size;
}

static void put_encoded(struct form_writer *out, struct slice text)
{
    put(out, uri_encode(out->arena, text));
}

void form_begin(struct form_writer *out, const char *name)
{
    if (out->depth == FORM_DEPTH_MAX)
        abort();
    out->path[out->depth++] = name;
}

void form_end(struct form_writer *out)
{
    if (!out->depth)
        abort();
    out->depth--;
}

/* "outer[inner][key]"; brackets stay as they are, as Stripe's own clients send them. */
static void put_key(struct form_writer *out, const char *key)
{
    if (out->size)
        put(out, SLICE("&"));
    for (size_t i = 0; i <= out->depth; i++) {
        const char *name = i < out->depth ? out->path[i] : key;
        put(out, i ? SLICE("[") : SLICE(""));
        put_encoded(out, slice_from_text(name));
        put(out, i ? SLICE("]") : SLICE(""));
    }
    put(out, SLICE("="));
}

void form_put_text(struct form_writer *out, const char *key, struct slice value)
{
    if (slice_is_none(value))
        return;
    put_key(out, key);
    put_encoded(out, value);
}

void form_put_int(struct form_writer *out, const char *key, int64_t value)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%lld", (long long)value);
    form_put_text(out, key, slice_of(text, (size_t)size));
}

void form_put_bool(struct form_writer *out, const char *key, bool value)
{
    form_put_text(out, key, value ? SLICE("true") : SLICE("false"));
}

struct slice form_done(struct form_writer *out)
{
    if (out->depth)
        abort();
    put(out, SLICE(""));   /* there may be nothing yet */
    return slice_of(out->data, out->size);
}
