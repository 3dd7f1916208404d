/* Fuzz target of wire/json: any bytes as a document. What the gate accepts cJSON must parse to the same tree, and printing it must give a document that
 * is accepted and prints the same; so must writing it anew with wire/json_write; walking the text must see what the tree holds; on bytes the gate refuses walking must be safe. */
#include "fuzz.h"

#include "wire/json.h"
#include "wire/json_write.h"

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

static void write_anew(struct json_writer *out, const cJSON *value, const char *name)
{
    int64_t number;
    if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
        bool object = cJSON_IsObject(value);
        json_begin(out, name, object ? '{' : '[');
        for (const cJSON *child = value->child; child; child = child->next)
            write_anew(out, child, object ? child->string : NULL);
        json_end(out, object ? '}' : ']');
    } else if (cJSON_IsString(value)) {
        json_put_text(out, name, json_text(value));
    } else if (cJSON_IsNull(value)) {
        json_put_null(out, name);
    } else if (cJSON_IsBool(value)) {
        json_put_bool(out, name, cJSON_IsTrue(value));
    } else if (json_int64(value, &number)) {
        json_put_int(out, name, number);
    } else {
        json_put_raw(out, name, json_print(out->arena, value));
    }
}

static void check_written(struct arena *arena, const cJSON *value, struct slice printed)
{
    struct json_writer out = json_to_arena(arena);
    write_anew(&out, value, NULL);
    struct slice written = json_done(&out);
    const cJSON *again = json_parse(arena, written, NULL, NULL);
    CHECK(again && slice_equals(json_print(arena, again), printed));
    CHECK(json_member_int64(value, "a", 7) == json_member_int64(again, "a", 7) && slice_equals(json_member_text(value, "a"), json_member_text(again, "a")));
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* As deep as the gate allows. */
static void check_same(const cJSON *value, const cJSON *other)
{
    CHECK(other && value->type == other->type && same_text(value->string, other->string) && same_text(value->valuestring, other->valuestring));
    CHECK(!cJSON_IsNumber(value) || value->valuedouble == other->valuedouble);
    const cJSON *theirs = other->child;
    for (const cJSON *child = value->child; child; child = child->next) {
        check_same(child, theirs);
        theirs = theirs->next;
    }
    CHECK(!theirs);
}

static void check_as_cjson(struct slice text, const cJSON *value)
{
    cJSON *other = cJSON_ParseWithLength(text.data, text.size);
    check_same(value, other);
    cJSON_Delete(other);
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
        check_as_cjson(text, value);
        check_walk(text, value, arena);
        check_written(arena, value, printed);
    }
    arena_free(arena);
    return 0;
}
