/* The part of json_write.h that is not written in place. Invariants: data <= at <= end, and the byte at `end` is the arena's too; a comma
 * stands before every value but the first after a bracket or a name. Nothing here suspends. */
#include "wire/json_write.h"

#include "base/escape.h"

#include <stdlib.h>

#define FIRST_CAPACITY 512

struct json_writer json_to_arena(struct arena *arena)
{
    char *data = arena_alloc(arena, FIRST_CAPACITY);
    return (struct json_writer){ .arena = arena, .data = data, .at = data, .end = data + FIRST_CAPACITY - 1 };
}

void json_make_room(struct json_writer *out, size_t size)
{
    const size_t used = (size_t)(out->at - out->data), capacity = (size_t)(out->end - out->data) + 1;
    size_t wanted = capacity * 2;
    if (wanted <= used + size)
        wanted = used + size + 1;
    out->data = arena_grow(out->arena, out->data, capacity, wanted);
    out->at = out->data + used;
    out->end = out->data + wanted - 1;
}

static void put(struct json_writer *out, struct slice bytes)
{
    json_room(out, bytes.size);
    memcpy(out->at, bytes.data, bytes.size);
    out->at += bytes.size;
}

void json_put_string(struct json_writer *out, struct slice text)
{
    if (slice_is_none(text)) {
        put(out, SLICE("null"));
        return;
    }
    put(out, SLICE("\""));
    while (text.size) {
        char scratch[8];
        put(out, escape_json_next(&text, scratch));
    }
    put(out, SLICE("\""));
}

void json_put_name(struct json_writer *out, const char *name)
{
    if (out->comma)
        put(out, SLICE(","));
    json_put_string(out, slice_from_text(name));
    put(out, SLICE(":"));
}

void json_die(void)
{
    abort();
}

struct slice json_done(struct json_writer *out)
{
    if (out->depth)
        json_die();
    *out->at = '\0';
    return slice_of(out->data, (size_t)(out->at - out->data));
}
