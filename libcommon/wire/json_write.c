/* Writing JSON into an arena or a buf. Invariants: a comma stands before every value but the first after a bracket or a name; once
 * something did not fit nothing more is written. Nothing here suspends. */
#include "wire/json_write.h"

#include "base/escape.h"

#include <stdlib.h>

#define FIRST_CAPACITY 512

struct json_writer json_to_arena(struct arena *arena)
{
    return (struct json_writer){ .arena = arena };
}

struct json_writer json_to_buf(struct buf *buf)
{
    return (struct json_writer){ .buf = buf, .start = buf->size };
}

/* Room for exactly `size` bytes more, which the caller fills at once; NULL when they do not fit. */
static char *claim_in_arena(struct json_writer *out, size_t size)
{
    if (size >= out->capacity - out->size) {   /* one more for the NUL */
        size_t capacity = out->capacity ? out->capacity * 2 : FIRST_CAPACITY;
        if (capacity <= out->size + size)
            capacity = out->size + size + 1;
        out->data = arena_grow(out->arena, out->data, out->capacity, capacity);
        out->capacity = capacity;
    }
    out->size += size;
    return out->data + out->size - size;
}

static char *claim(struct json_writer *out, size_t size)
{
    if (out->failed)
        return NULL;
    if (out->arena)
        return claim_in_arena(out, size);
    out->failed = buf_reserve(out->buf, size) != RESULT_OK;
    if (out->failed)
        return NULL;
    out->buf->size += size;
    return out->buf->data + out->buf->size - size;
}

static void put(struct json_writer *out, struct slice bytes)
{
    char *at = claim(out, bytes.size);
    if (at && bytes.size)
        memcpy(at, bytes.data, bytes.size);
}

/* Nothing in it needs an escape. */
static bool is_plain(struct slice text)
{
    char scratch[8];
    struct slice rest = text;
    return text.size == 0 || (escape_json_next(&rest, scratch).data == text.data && rest.size == 0);
}

static void put_quoted(struct json_writer *out, struct slice text)
{
    put(out, SLICE("\""));
    while (text.size) {
        char scratch[8];
        put(out, escape_json_next(&text, scratch));
    }
    put(out, SLICE("\""));
}

static void put_value_escaped(struct json_writer *out, const char *name, struct slice value, bool quoted)
{
    if (out->comma)
        put(out, SLICE(","));
    if (name) {
        put_quoted(out, slice_from_text(name));
        put(out, SLICE(":"));
    }
    if (quoted)
        put_quoted(out, value);
    else
        put(out, value);
}

/* Into room of exactly that size. */
static void fill(char *at, bool comma, const char *name, size_t name_size, struct slice value, bool quoted)
{
    if (comma)
        *at++ = ',';
    if (name) {
        *at++ = '"';
        memcpy(at, name, name_size);
        at += name_size;
        *at++ = '"';
        *at++ = ':';
    }
    if (quoted)
        *at++ = '"';
    memcpy(at, value.data, value.size);
    if (quoted)
        at[value.size] = '"';
}

/* A value with the comma and the name before it. All of it in one go when nothing needs an escape: most of most documents. */
static void put_value(struct json_writer *out, const char *name, struct slice value, bool quoted)
{
    const struct slice label = name ? slice_from_text(name) : SLICE("");
    if (is_plain(label) && (!quoted || is_plain(value))) {
        const size_t size = (out->comma ? 1u : 0u) + (name ? label.size + 3 : 0) + value.size + (quoted ? 2 : 0);
        char *at = claim(out, size);
        if (at)
            fill(at, out->comma, name, label.size, value, quoted);
    } else {
        put_value_escaped(out, name, value, quoted);
    }
    out->comma = true;
}

void json_begin(struct json_writer *out, const char *name, char bracket)
{
    put_value(out, name, slice_of(&bracket, 1), false);
    out->comma = false;
    out->depth++;
}

void json_end(struct json_writer *out, char bracket)
{
    if (!out->depth)
        abort();
    put(out, slice_of(&bracket, 1));
    out->comma = true;
    out->depth--;
}

void json_put_raw(struct json_writer *out, const char *name, struct slice json)
{
    put_value(out, name, slice_is_none(json) ? SLICE("null") : json, false);
}

void json_put_text(struct json_writer *out, const char *name, struct slice text)
{
    if (slice_is_none(text))
        json_put_null(out, name);
    else
        put_value(out, name, text, true);
}

void json_put_int(struct json_writer *out, const char *name, int64_t value)
{
    char text[24], *p = text + sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--p = '-';
    json_put_raw(out, name, slice_of(p, (size_t)(text + sizeof text - p)));
}

void json_put_bool(struct json_writer *out, const char *name, bool value)
{
    json_put_raw(out, name, value ? SLICE("true") : SLICE("false"));
}

void json_put_null(struct json_writer *out, const char *name)
{
    json_put_raw(out, name, SLICE("null"));
}

struct slice json_done(struct json_writer *out)
{
    if (out->depth)
        abort();
    if (out->arena) {
        (void)claim_in_arena(out, 0);   /* there may be nothing yet; the byte after the last is NUL: the arena's are zeroed */
        return slice_of(out->data, out->size);
    }
    if (out->failed) {
        out->buf->size = out->start;
        return SLICE_NONE;
    }
    return slice_of(out->buf->data + out->start, out->buf->size - out->start);
}
