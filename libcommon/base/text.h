/* Text of a length nobody knows beforehand, written into an arena: room doubles, so that all there ever was is at most twice what there is.
 *     struct text out = text_to_arena(arena);
 *     text_put(&out, SLICE("a,b\r\n"));
 *     struct slice csv = text_done(&out); */
#ifndef CUOTAS_BASE_TEXT_H
#define CUOTAS_BASE_TEXT_H

#include "base/arena.h"

struct text {
    struct arena *arena;
    char *data;
    size_t size, room;
};

struct text text_to_arena(struct arena *arena);
void text_put(struct text *out, struct slice part);
/* A view; what is written afterwards may move it. */
struct slice text_done(const struct text *out);

#endif
