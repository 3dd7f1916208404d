/* Writes JSON into an arena: compact, escaped, always valid UTF-8 (a bad byte becomes U+FFFD). Commas are put by the writer. `name` NULL:
 * an array element or the document itself.
 *     struct json_writer out = json_to_arena(arena);
 *     json_begin(&out, NULL, '{');
 *     json_put_text(&out, "id", id);
 *     json_begin(&out, "lines", '[');
 *     json_put_int(&out, NULL, 3);
 *     json_end(&out, ']');
 *     json_end(&out, '}');
 *     struct slice body = json_done(&out);
 * Half of some replies' time goes into this, so what is short is written in place by the caller: a name that the compiler knows costs a copy of
 * known length and no look for what to escape. Any other name is escaped. */
#ifndef CUOTAS_WIRE_JSON_WRITE_H
#define CUOTAS_WIRE_JSON_WRITE_H

#include "base/arena.h"
#include "base/digits.h"

struct json_writer {
    struct arena *arena;
    char *data, *at, *end;    /* what is written so far, where the next byte goes, and the last one of the room: the NUL's */
    unsigned depth;
    bool comma;               /* a value stands before the next one */
};

struct json_writer json_to_arena(struct arena *arena);

/* The document, NUL-terminated, in the arena. Aborts when something is still open. */
struct slice json_done(struct json_writer *out);

/* Room for so many bytes more at out->at; see json_room. */
void json_make_room(struct json_writer *out, size_t size);
/* The comma and the name, whatever bytes it has. */
void json_put_name(struct json_writer *out, const char *name);
/* The value alone: quoted and escaped; none: null. */
void json_put_string(struct json_writer *out, struct slice text);
_Noreturn void json_die(void);

static inline void json_room(struct json_writer *out, size_t size)
{
    if (__builtin_expect((size_t)(out->end - out->at) < size, false))
        json_make_room(out, size);
}

/* The compiler knows it and sees that it needs no escape. */
#define JSON_NAME_KNOWN(name) \
    (__builtin_constant_p(strlen(name)) && __builtin_constant_p((name)[0]) && !__builtin_strchr(name, '"') && !__builtin_strchr(name, '\\'))

/* What stands before a value; leaves room for `size` bytes. */
static inline __attribute__((always_inline)) void json_before_value(struct json_writer *out, const char *name, size_t size)
{
    if (!name) {
        json_room(out, size + 1);
        *out->at = ',';
        out->at += out->comma;
    } else if (JSON_NAME_KNOWN(name)) {
        const size_t length = strlen(name);
        json_room(out, length + 4 + size);
        char *at = out->at;
        *at = ',';
        at += out->comma;
        *at++ = '"';
        memcpy(at, name, length);
        at[length] = '"';
        at[length + 1] = ':';
        out->at = at + length + 2;
    } else {
        json_put_name(out, name);
        json_room(out, size);
    }
    out->comma = true;
}

/* `bracket`: '{' or '['. */
static inline __attribute__((always_inline)) void json_begin(struct json_writer *out, const char *name, char bracket)
{
    json_before_value(out, name, 1);
    *out->at++ = bracket;
    out->comma = false;
    out->depth++;
}

/* '}' or ']'. */
static inline void json_end(struct json_writer *out, char bracket)
{
    if (!out->depth)
        json_die();
    json_room(out, 1);
    *out->at++ = bracket;
    out->comma = true;
    out->depth--;
}

static inline __attribute__((always_inline)) void json_put_int(struct json_writer *out, const char *name, int64_t value)
{
    json_before_value(out, name, DIGITS_INT_MAX);
    out->at = digits_put_int(out->at, value);
}

/* `json` is one JSON value already; none: null. */
static inline __attribute__((always_inline)) void json_put_raw(struct json_writer *out, const char *name, struct slice json)
{
    const struct slice bytes = slice_is_none(json) ? SLICE("null") : json;
    json_before_value(out, name, bytes.size);
    memcpy(out->at, bytes.data, bytes.size);
    out->at += bytes.size;
}

static inline __attribute__((always_inline)) void json_put_null(struct json_writer *out, const char *name)
{
    json_put_raw(out, name, SLICE("null"));
}

static inline __attribute__((always_inline)) void json_put_bool(struct json_writer *out, const char *name, bool value)
{
    json_put_raw(out, name, value ? SLICE("true") : SLICE("false"));
}

/* None: null. */
static inline __attribute__((always_inline)) void json_put_text(struct json_writer *out, const char *name, struct slice text)
{
    json_before_value(out, name, 0);
    json_put_string(out, text);
}

#endif
