/* Fuzz target of cuotas-plan: any bytes as a line. The answer is one JSON object on one line, the same twice; an error is a problem of the contract. */
#include "fuzz.h"

#include "orders/plan_ops.h"
#include "wire/json.h"

static struct slice asked(struct arena *arena, struct slice line)
{
    struct work *work = ARENA_NEW(arena, struct work);
    work->arena = arena;
    return plan_answer(work, line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct slice line = slice_of((const char *)data, size), answer = asked(arena, line);
    const cJSON *object = json_parse(arena, answer, NULL, NULL), *error = json_member(object, "error");
    CHECK(object && cJSON_IsObject(object) && !memchr(answer.data, '\n', answer.size));
    if (error)
        CHECK(!slice_is_none(json_member_text(error, "code")) && json_member_int64(error, "status", 0) / 100 == 4);
    CHECK(slice_equals(asked(arena, line), answer));
    arena_free(arena);
    return 0;
}
