/* Walking checked JSON text without a tree. Safe on any bytes (it never reads past the text), right only on text that passed
 * json_check. Pure. */
#include "wire/json.h"

static struct slice skip(struct slice s, size_t count)
{
    return slice_of(s.data + count, s.size - count);
}

static struct slice skip_space(struct slice s)
{
    while (s.size && (s.data[0] == ' ' || s.data[0] == '\n' || s.data[0] == '\r' || s.data[0] == '\t'))
        s = skip(s, 1);
    return s;
}

/* Size of the string at the start, quotes included. */
static size_t string_size(struct slice s)
{
    for (size_t i = 1; i < s.size; i++) {
        if (s.data[i] == '\\')
            i++;
        else if (s.data[i] == '"')
            return i + 1;
    }
    return s.size;
}

static bool ends_scalar(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Size of the value at the start. */
static size_t value_size(struct slice s)
{
    size_t depth = 0, i = 0;
    while (i < s.size) {
        char c = s.data[i];
        if (c == '"') {
            i += string_size(skip(s, i));
        } else if (c == '{' || c == '[') {
            depth++;
            i++;
        } else if (depth && (c == '}' || c == ']')) {
            depth--;
            i++;
        } else if (depth) {
            i++;
            continue;
        } else {
            while (i < s.size && !ends_scalar(s.data[i]))
                i++;
            return i;
        }
        if (!depth)
            return i;
    }
    return s.size;
}

struct json_walk json_walk(struct slice text)
{
    struct slice s = skip_space(text);
    if (!s.size || (s.data[0] != '{' && s.data[0] != '['))
        return (struct json_walk){ .rest = SLICE("") };
    return (struct json_walk){ .rest = skip(s, 1), .object = s.data[0] == '{' };
}

/* Takes `"name" :`; false when it is not there. */
static bool take_name(struct slice *s, struct slice *name)
{
    if (!s->size || s->data[0] != '"')
        return false;
    size_t size = string_size(*s);
    if (size < 2)
        return false;
    *name = slice_of(s->data + 1, size - 2);
    *s = skip_space(skip(*s, size));
    if (!s->size || s->data[0] != ':')
        return false;
    *s = skip_space(skip(*s, 1));
    return true;
}

bool json_walk_next(struct json_walk *walk, struct slice *name, struct slice *value)
{
    struct slice s = skip_space(walk->rest);
    walk->rest = SLICE("");
    if (s.size && s.data[0] == ',')
        s = skip_space(skip(s, 1));
    *name = SLICE_NONE;
    if (walk->object && !take_name(&s, name))
        return false;
    size_t size = value_size(s);
    if (!size)
        return false;
    *value = slice_of(s.data, size);
    walk->rest = skip(s, size);
    return true;
}

struct slice json_walk_member(struct slice text, const char *wanted)
{
    struct json_walk walk = json_walk(text);
    struct slice name, value;
    while (json_walk_next(&walk, &name, &value))
        if (walk.object && slice_equals_text(name, wanted))
            return value;
    return SLICE_NONE;
}

struct slice json_walk_text(struct arena *arena, struct slice raw)
{
    return slice_is_none(raw) ? SLICE_NONE : json_text(json_parse(arena, raw, NULL, NULL));
}
