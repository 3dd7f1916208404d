/* What is done with a tree: exact look-ups, duplicates, printing. Trees are as deep as the gate allows, so all walks here use a fixed stack
 * and no recursion. */
#include "wire/json_tree.h"

#include "base/hash.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <stdlib.h>

const cJSON *json_parse(struct arena *arena, struct slice text, const char **why, size_t *offset)
{
    struct json_tree tree;
    json_tree_start(&tree, arena);
    return json_read(text, &tree, why, offset) ? tree.root : NULL;
}

const cJSON *json_member(const cJSON *object, const char *name)
{
    if (!cJSON_IsObject(object))
        return NULL;
    for (const cJSON *child = object->child; child; child = child->next)
        if (strcmp(child->string, name) == 0)
            return child;
    return NULL;
}

struct slice json_text(const cJSON *value)
{
    return cJSON_IsString(value) ? slice_from_text(value->valuestring) : SLICE_NONE;
}

bool json_int64(const cJSON *value, int64_t *out)
{
    if (!cJSON_IsNumber(value) || value->valuedouble != (double)(int64_t)value->valuedouble)
        return false;   /* the gate keeps doubles within +-2^53: the cast is defined */
    *out = (int64_t)value->valuedouble;
    return true;
}

struct slice json_member_text(const cJSON *object, const char *name)
{
    return json_text(json_member(object, name));
}

int64_t json_member_int64(const cJSON *object, const char *name, int64_t fallback)
{
    int64_t value;
    return json_int64(json_member(object, name), &value) ? value : fallback;
}

/* Depth-first over a tree. Zero-initialise, set next. */
struct tree_walk {
    const cJSON *next;
    const cJSON *parents[JSON_DEPTH_MAX];
    int depth;
};

static const cJSON *tree_next(struct tree_walk *walk)
{
    const cJSON *value = walk->next;
    if (!value)
        return NULL;
    if (value->child) {
        if (walk->depth == JSON_DEPTH_MAX)
            abort();
        walk->parents[walk->depth++] = value;
        walk->next = value->child;
        return value;
    }
    walk->next = walk->depth ? value->next : NULL;
    while (!walk->next && walk->depth) {
        const cJSON *parent = walk->parents[--walk->depth];
        walk->next = walk->depth ? parent->next : NULL;
    }
    return value;
}

/* First member of one object whose name was there before: by a hash table, since the names are an attacker's. */
static const cJSON *object_duplicate(struct arena *arena, const cJSON *object)
{
    size_t count = 0, size = 4;
    for (const cJSON *child = object->child; child; child = child->next)
        count++;
    while (size < count * 2)
        size *= 2;
    const cJSON **table = ARENA_ARRAY(arena, const cJSON *, size);
    for (const cJSON *child = object->child; child; child = child->next) {
        size_t at = hash_bytes(slice_from_text(child->string)) & (size - 1);
        for (; table[at]; at = (at + 1) & (size - 1))
            if (strcmp(table[at]->string, child->string) == 0)
                return child;
        table[at] = child;
    }
    return NULL;
}

const cJSON *json_duplicate(struct arena *arena, const cJSON *value)
{
    struct tree_walk walk = { .next = value };
    for (const cJSON *at = tree_next(&walk); at; at = tree_next(&walk)) {
        const cJSON *duplicate = cJSON_IsObject(at) && at->child && at->child->next ? object_duplicate(arena, at) : NULL;
        if (duplicate)
            return duplicate;
    }
    return NULL;
}

static void print_number(struct json_writer *out, const char *name, double value)
{
    if (value == (double)(int64_t)value) {
        json_put_int(out, name, (int64_t)value);
        return;
    }
    char text[32];
    int size = snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value)
        size = snprintf(text, sizeof text, "%.17g", value);
    json_put_raw(out, name, slice_of(text, (size_t)size));
}

static void print_scalar(struct json_writer *out, const char *name, const cJSON *value)
{
    if (cJSON_IsString(value))
        json_put_text(out, name, json_text(value));
    else if (cJSON_IsNumber(value))
        print_number(out, name, value->valuedouble);
    else if (cJSON_IsBool(value))
        json_put_bool(out, name, cJSON_IsTrue(value));
    else
        json_put_null(out, name);
}

static void print_value(struct json_writer *out, const char *name, const cJSON *value)
{
    bool object = cJSON_IsObject(value);
    if (!object && !cJSON_IsArray(value)) {
        print_scalar(out, name, value);
        return;
    }
    json_begin(out, name, object ? '{' : '[');
    if (!value->child)
        json_end(out, object ? '}' : ']');
}

struct slice json_print(struct arena *arena, const cJSON *value)
{
    struct json_writer out = json_to_arena(arena);
    struct tree_walk walk = { .next = value };
    for (const cJSON *at = tree_next(&walk); at; at = tree_next(&walk)) {
        bool opened = at->child;
        print_value(&out, at == value ? NULL : at->string, at);
        /* tree_next has already left the brackets that end after this value: they are still in `parents`. */
        for (int left = (int)out.depth; !opened && left > walk.depth; left--)
            json_end(&out, cJSON_IsObject(walk.parents[left - 1]) ? '}' : ']');
    }
    return json_done(&out);
}
