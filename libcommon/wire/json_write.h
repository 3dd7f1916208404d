/* Writes JSON: compact, escaped, always valid UTF-8 (a bad byte becomes U+FFFD). Commas are put by the writer. `name` NULL: an array
 * element or the document itself.
 *     struct json_writer out = json_to_arena(arena);
 *     json_begin(&out, NULL, '{');
 *     json_put_text(&out, "id", id);
 *     json_begin(&out, "lines", '[');
 *     json_put_int(&out, NULL, 3);
 *     json_end(&out, ']');
 *     json_end(&out, '}');
 *     struct slice body = json_done(&out); */
#ifndef CUOTAS_WIRE_JSON_WRITE_H
#define CUOTAS_WIRE_JSON_WRITE_H

#include "base/arena.h"
#include "base/buf.h"

struct json_writer {
    struct arena *arena;      /* one of these two */
    struct buf *buf;
    char *data;               /* arena: what is written so far */
    size_t size, capacity;
    size_t start;             /* buf: its size at the beginning */
    unsigned depth;
    bool comma;               /* a value stands before the next one */
    bool failed;              /* the buf is full */
};

struct json_writer json_to_arena(struct arena *arena);
/* Appends to buf; what does not fit its maximum fails the writer, and json_done takes the document back out. */
struct json_writer json_to_buf(struct buf *buf);

void json_begin(struct json_writer *out, const char *name, char bracket);   /* '{' or '[' */
void json_end(struct json_writer *out, char bracket);                       /* '}' or ']' */
void json_put_text(struct json_writer *out, const char *name, struct slice text);   /* none: null */
void json_put_int(struct json_writer *out, const char *name, int64_t value);
void json_put_bool(struct json_writer *out, const char *name, bool value);
void json_put_null(struct json_writer *out, const char *name);
/* `json` is one JSON value already; none: null. */
void json_put_raw(struct json_writer *out, const char *name, struct slice json);

/* The document: in the arena (NUL-terminated), or the part of the buf it was appended to. None when it did not fit. Aborts when
 * something is still open. */
struct slice json_done(struct json_writer *out);

#endif
