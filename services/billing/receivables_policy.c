/* See receivables_policy.h. */
#include "billing/receivables_policy.h"

#include "gen/problems.h"
#include "wire/json_write.h"

static bool twice(const struct slice *texts, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (slice_equals(texts[i], texts[at]))
            return true;
    return false;
}

static bool refuse(struct work *w, struct slice path, size_t stage, const char *member)
{
    work_fail_field(w, &PROBLEM_validation_failed, arena_printf(w->arena, "%.*s/order/%zu/%s", SLICE_FMT(path), stage, member), "duplicate", "must be another one");
    return false;
}

bool allocation_order_check(struct work *w, const struct allocation_stage *stages, size_t count, struct slice path)
{
    struct slice due[3];
    for (size_t i = 0; i < count; i++) {
        due[i] = stages[i].due;
        if (twice(due, i))
            return refuse(w, path, i, "due");
        for (size_t k = 0; k < stages[i].parts_count; k++)
            if (twice(stages[i].parts, k))
                return refuse(w, path, i, "parts");
    }
    return true;
}

void allocation_order_put(struct json_writer *out, const struct allocation_stage *stages, size_t count)
{
    json_begin(out, "order", '[');
    for (size_t i = 0; i < count; i++) {
        json_begin(out, NULL, '{');
        json_put_text(out, "due", stages[i].due);
        json_begin(out, "parts", '[');
        for (size_t k = 0; k < stages[i].parts_count; k++)
            json_put_text(out, NULL, stages[i].parts[k]);
        json_end(out, ']');
        json_end(out, '}');
    }
    json_end(out, ']');
}
