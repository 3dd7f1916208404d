/* See identity_lines.h. A table of fixed size; each key has one place, by a hash keyed at random, so nobody can aim at another's. A clock that
 * was set back makes what was kept later than now worthless. Nothing here suspends. */
#include "service/identity_lines.h"

#include "base/hash.h"
#include "base/memory.h"
#include "wire/sha256.h"

#define LINES 512
#define LINE_BYTES 448       /* of key and value together */

struct line {
    int64_t from_s, until_s;   /* until 0: free */
    uint16_t key_size, value_size;
    char text[LINE_BYTES];
};

struct identity_lines {
    struct line *lines;        /* made with the first one: most processes never need it */
};

struct identity_lines *identity_lines_new(void)
{
    return memory_new(sizeof(struct identity_lines));
}

static struct line *place_of(const struct identity_lines *lines, struct slice key)
{
    return &lines->lines[hash_bytes(key) % LINES];
}

struct slice identity_lines_find(const struct identity_lines *lines, struct slice key, int64_t now_s)
{
    if (!lines->lines)
        return SLICE_NONE;
    const struct line *line = place_of(lines, key);
    const bool found = now_s >= line->from_s && now_s < line->until_s && bytes_equal_secret(key, slice_of(line->text, line->key_size));
    return found ? slice_of(line->text + line->key_size, line->value_size) : SLICE_NONE;
}

void identity_lines_keep(struct identity_lines *lines, struct slice key, struct slice value, int64_t now_s, int64_t until_s)
{
    if (key.size + value.size > LINE_BYTES)
        return;
    if (!lines->lines)
        lines->lines = memory_array(LINES, sizeof *lines->lines);
    struct line *line = place_of(lines, key);
    *line = (struct line){ .from_s = now_s, .until_s = until_s, .key_size = (uint16_t)key.size, .value_size = (uint16_t)value.size };
    memcpy(line->text, key.data, key.size);
    memcpy(line->text + key.size, value.data, value.size);
}

void identity_lines_forget(struct identity_lines *lines)
{
    memory_free(lines->lines);
    lines->lines = NULL;
}
