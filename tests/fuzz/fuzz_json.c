/* Fuzz target of wire/json: any bytes as a document. What the gate accepts cJSON must parse, and printing it must give a document that
 * is accepted and prints the same; walking the text must see what the tree holds; on bytes the gate refuses walking must be safe. */
#include "wire/json.h"

#include <stdlib.h>

#define CHECK(condition) do { if (!(condition)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_walk(struct slice text, const cJSON *value, struct arena *arena)
{
    struct json_walk walk = json_walk(text);
    struct slice name, raw;
    const cJSON *child = cJSON_IsObject(value) || cJSON_IsArray(value) ? value->child : NULL;
    for (; json_walk_next(&walk, &name, &raw); child = child->next) {
        CHECK(child && raw.data >= text.data && raw.data + raw.size <= text.data + text.size);
        CHECK(json_check(raw, NULL, NULL) && slice_is_none(name) == cJSON_IsArray(value));
        if (cJSON_IsString(child))
            CHECK(slice_equals(json_walk_text(arena, raw), json_text(child)));
    }
    CHECK(!child);
}

static void walk_anything(struct slice text)
{
    struct json_walk walk = json_walk(text);
    struct slice name, raw;
    while (json_walk_next(&walk, &name, &raw))
        CHECK(raw.size && raw.data >= text.data && raw.data + raw.size <= text.data + text.size);
    (void)json_walk_member(text, "data");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct slice text = slice_of((const char *)data, size);
    const char *why = NULL;
    size_t offset = 0;
    bool ok = json_check(text, &why, &offset);
    CHECK(offset <= size && ok == !why);
    const cJSON *value = json_parse(arena, text, NULL, NULL);
    CHECK((value != NULL) == ok);
    walk_anything(text);
    if (ok) {
        struct slice printed = json_print(arena, value);
        const cJSON *again = json_parse(arena, printed, NULL, NULL);
        CHECK(again && slice_equals(printed, json_print(arena, again)));
        CHECK((json_duplicate(arena, value) != NULL) == (json_duplicate(arena, again) != NULL));
        check_walk(text, value, arena);
    }
    arena_free(arena);
    return 0;
}
