/* JSON from outside (RFC 8259, I-JSON's numbers). Every document passes the gate, one non-recursive pass that builds the tree while it
 * goes and refuses what cJSON's own parser lets through (of cJSON only the struct and its cJSON_Is... are used): invalid UTF-8, raw control characters, \u0000 and lone surrogates, `01`, `1.`, `+1`, numbers beyond
 * +-(2^53-1) or longer than 40 bytes, depth > JSON_DEPTH_MAX, more than JSON_VALUES_MAX values, trailing text, a byte order
 * mark. Duplicate names pass the gate: the decoders (wire/decode.h) refuse them; json_duplicate finds them.
 * Nothing here suspends. */
#ifndef CUOTAS_WIRE_JSON_H
#define CUOTAS_WIRE_JSON_H

#include "base/arena.h"

#include <cjson/cJSON.h>

/* True when `text` is one well-formed document. Else *why gets a static sentence for the client ("trailing text after the
 * document") and *offset the byte it is about; both may be NULL. */
bool json_check(struct slice text, const char **why, size_t *offset);

/* The gate, and what it let through as a tree in the arena: never cJSON_Delete it. NULL when malformed. Strings in it hold no NUL. Of a node
 * next, child, type, string, valuestring and valuedouble are filled; prev and valueint are not. */
const cJSON *json_parse(struct arena *arena, struct slice text, const char **why, size_t *offset);

/* Member by exact, case-sensitive name (cJSON_GetObjectItem ignores case); NULL when absent, or `object` is NULL or not an
 * object, so calls can be chained. The first one of duplicates. */
const cJSON *json_member(const cJSON *object, const char *name);
/* A string's bytes; none when `value` is NULL or anything but a string. */
struct slice json_text(const cJSON *value);
/* False when `value` is NULL or not a whole number. */
bool json_int64(const cJSON *value, int64_t *out);
/* A member's text / integer: json_text(json_member()), and the integer or `fallback`. */
struct slice json_member_text(const cJSON *object, const char *name);
int64_t json_member_int64(const cJSON *object, const char *name, int64_t fallback);

/* The first member whose name stood before in the same object, at any depth of `value`; NULL when names are unique. */
const cJSON *json_duplicate(struct arena *arena, const cJSON *value);

/* The value as compact JSON text in the arena. */
struct slice json_print(struct arena *arena, const cJSON *value);

/* Walks the members of an object or the elements of an array without building a tree: `text` must have passed json_check.
 * Names are the raw bytes between the quotes (escapes kept), values the raw text of each value. Not an array or object: no items.
 *     struct json_walk walk = json_walk(text);
 *     while (json_walk_next(&walk, &name, &value)) ...
 * For passing parts of big documents on untouched (event data). */
struct json_walk {
    struct slice rest;
    bool object;
};
struct json_walk json_walk(struct slice text);
bool json_walk_next(struct json_walk *walk, struct slice *name, struct slice *value);
/* The raw value text of a member, none when absent. `name` must need no escapes. */
struct slice json_walk_member(struct slice text, const char *name);
/* Raw text of a string value ("\"a\\u00e9\"") as its bytes, in the arena; none when it is not a string. */
struct slice json_walk_text(struct arena *arena, struct slice raw);

#endif
