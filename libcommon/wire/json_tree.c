/* See json_tree.h. Invariant: end[0..depth] point at the NULL that ends each open list. Nothing here suspends. */
#include "wire/json_tree.h"

#include "base/utf8.h"

void json_tree_start(struct json_tree *tree, struct arena *arena)
{
    tree->arena = arena;
    tree->root = NULL;
    tree->end[0] = &tree->root;
    tree->depth = 0;
    tree->name = NULL;
}

static cJSON *add(struct json_tree *tree, int type)
{
    cJSON *node = ARENA_NEW(tree->arena, cJSON);
    node->type = type;
    node->string = tree->name;
    tree->name = NULL;
    *tree->end[tree->depth] = node;
    tree->end[tree->depth] = &node->next;
    return node;
}

static uint32_t hex4(const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value * 16 + (uint32_t)(at[i] <= '9' ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
    return value;
}

/* After "\u": four digits, or ten with the other half of a surrogate pair. */
static char *put_unicode(char *out, const char **at)
{
    uint32_t code = hex4(*at);
    *at += 4;
    if (code >= 0xd800 && code <= 0xdbff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (hex4(*at + 2) - 0xdc00);
        *at += 6;
    }
    return out + utf8_put(code, out);
}

/* Never longer than it is escaped. */
static char *unescape(struct arena *arena, struct slice raw)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char *text = arena_alloc(arena, raw.size + 1), *out = text;
    for (const char *at = raw.data, *end = raw.data + raw.size; at < end;) {
        if (*at != '\\') {
            *out++ = *at++;
        } else if (at[1] == 'u') {
            at += 2;
            out = put_unicode(out, &at);
        } else {
            *out++ = meant[strchr(plain, at[1]) - plain];
            at += 2;
        }
    }
    return text;
}

static char *text_of(struct arena *arena, struct slice raw)
{
    if (raw.size && memchr(raw.data, '\\', raw.size))
        return unescape(arena, raw);
    char *text = arena_alloc(arena, raw.size + 1);
    memcpy(text, raw.data, raw.size);
    return text;
}

void json_tree_name(struct json_tree *tree, struct slice raw)
{
    tree->name = text_of(tree->arena, raw);
}

void json_tree_string(struct json_tree *tree, struct slice raw)
{
    add(tree, cJSON_String)->valuestring = text_of(tree->arena, raw);
}

void json_tree_number(struct json_tree *tree, double value)
{
    add(tree, cJSON_Number)->valuedouble = value;
}

void json_tree_literal(struct json_tree *tree, int type)
{
    add(tree, type);
}

void json_tree_open(struct json_tree *tree, int type)
{
    cJSON *node = add(tree, type);
    tree->end[++tree->depth] = &node->child;
}

void json_tree_close(struct json_tree *tree)
{
    tree->depth--;
}
