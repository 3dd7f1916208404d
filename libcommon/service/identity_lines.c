/* See identity_lines.h. A table of fixed size, lines as they are met; each key has one place, by a hash keyed at random, so nobody can aim at another's. A clock that
 * was set back makes what was kept later than now worthless. Nothing here suspends. */
#include "service/identity_lines.h"

#include "base/hash.h"
#include "base/memory.h"
#include "wire/sha256.h"

#define LINES 512
#define LINE_BYTES 448       /* of key and value together */

struct line {
    int64_t from_s, until_s;
    uint16_t key_size, value_size;
    char text[];
};

struct identity_lines {
    struct line *lines[LINES];   /* NULL: free */
};

struct identity_lines *identity_lines_new(void)
{
    return memory_new(sizeof(struct identity_lines));
}

static size_t place_of(struct slice key)
{
    return hash_bytes(key) % LINES;
}

struct slice identity_lines_find(const struct identity_lines *lines, struct slice key, int64_t now_s)
{
    const struct line *line = lines->lines[place_of(key)];
    const bool found = line && now_s >= line->from_s && now_s < line->until_s && bytes_equal_secret(key, slice_of(line->text, line->key_size));
    return found ? slice_of(line->text + line->key_size, line->value_size) : SLICE_NONE;
}

void identity_lines_keep(struct identity_lines *lines, struct slice key, struct slice value, int64_t now_s, int64_t until_s)
{
    if (key.size + value.size > LINE_BYTES)
        return;
    struct line **place = &lines->lines[place_of(key)];
    struct line *line = *place = memory_resize(*place, sizeof *line + key.size + value.size);
    *line = (struct line){ .from_s = now_s, .until_s = until_s, .key_size = (uint16_t)key.size, .value_size = (uint16_t)value.size };
    memcpy(line->text, key.data, key.size);
    memcpy(line->text + key.size, value.data, value.size);
}

void identity_lines_forget(struct identity_lines *lines)
{
    for (size_t i = 0; i < LINES; i++) {
        memory_free(lines->lines[i]);
        lines->lines[i] = NULL;
    }
}
