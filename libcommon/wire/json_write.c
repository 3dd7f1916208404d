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

static void put_to_arena(struct json_writer *out, struct slice bytes)
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

static void put(struct json_writer *out, struct slice bytes)
{
    if (out->failed)
        return;
    if (out->arena)
        put_to_arena(out, bytes);
    else
        out->failed = buf_append(out->buf, bytes) != RESULT_OK;
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

static void put_name(struct json_writer *out, const char *name)
{
    if (out->comma)
        put(out, SLICE(","));
    out->comma = true;
    if (name) {
        put_quoted(out, slice_from_text(name));
        put(out, SLICE(":"));
    }
}

void json_begin(struct json_writer *out, const char *name, char bracket)
{
    put_name(out, name);
    put(out, slice_of(&bracket, 1));
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
    put_name(out, name);
    put(out, slice_is_none(json) ? SLICE("null") : json);
}

void json_put_text(struct json_writer *out, const char *name, struct slice text)
{
    if (slice_is_none(text)) {
        json_put_null(out, name);
        return;
    }
    put_name(out, name);
    put_quoted(out, text);
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
        put_to_arena(out, SLICE(""));   /* there may be nothing yet; the byte after the last is NUL: the arena's are zeroed */
        return slice_of(out->data, out->size);
    }
    if (out->failed) {
        out->buf->size = out->start;
        return SLICE_NONE;
    }
    return slice_of(out->buf->data + out->start, out->buf->size - out->start);
}
