/* See text.h. Nothing suspends. */
#include "base/text.h"

#define ROOM_FIRST 4096

struct text text_to_arena(struct arena *arena)
{
    return (struct text){ .arena = arena, .data = arena_alloc(arena, ROOM_FIRST), .room = ROOM_FIRST };
}

void text_put(struct text *out, struct slice part)
{
    if (out->room - out->size < part.size) {
        const size_t room = 2 * out->room + part.size;
        out->data = arena_grow(out->arena, out->data, out->room, room);
        out->room = room;
    }
    if (part.size)
        memcpy(out->data + out->size, part.data, part.size);
    out->size += part.size;
}

struct slice text_done(const struct text *out)
{
    return slice_of(out->data, out->size);
}
