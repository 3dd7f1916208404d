/* Fuzz target of POST /v1/simulations: any bytes as its body, through the generated decoder and the handler. The answer is a schedule whose
 * parts add up, or a problem of the contract that names what is wrong; the same bytes give the same answer, and so does the request that the answer's
 * own body stands for when it is printed anew. */
#include "ask.h"

static int64_t member(const cJSON *object, const char *name)
{
    int64_t value = 0;
    CHECK(json_int64(json_member(object, name), &value) && value >= 0);
    return value;
}

static void check_schedule(struct arena *arena, struct slice body)
{
    const cJSON *answer = json_parse(arena, body, NULL, NULL), *totals = json_member(answer, "totals"), *row;
    CHECK(answer && totals);
    int64_t principal = 0, total = 0, balance = member(answer, "amount_financed");
    cJSON_ArrayForEach(row, json_member(answer, "installments")) {
        CHECK(member(row, "opening_balance") == balance);
        balance = member(row, "closing_balance");
        principal += member(row, "principal");
        total += member(row, "total");
    }
    CHECK(balance == 0 && principal == member(answer, "amount_financed") && total == member(totals, "total"));
    const cJSON *upfront = json_member(answer, "upfront");
    CHECK(member(answer, "total_payable") == member(answer, "deposit") + member(upfront, "fees") + member(upfront, "tax") + total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    static struct request rq, twin;
    struct slice body = slice_of((const char *)data, size);
    const struct route *route = orders_route("simulate");
    struct reply reply = ask(&rq, route, arena, body);
    if (reply.status == 200) {
        /* Unrounded balances: each figure is rounded for itself. */
        const cJSON *rounding = json_member(json_parse(arena, body, NULL, NULL), "rounding");
        if (!slice_equals_text(json_member_text(rounding, "carry"), "unrounded"))
            check_schedule(arena, reply.body);
        struct reply again = ask(&twin, route, arena, json_print(arena, json_parse(arena, body, NULL, NULL)));
        CHECK(again.status == 200 && slice_equals(again.body, reply.body));
    }
    arena_free(arena);
    return 0;
}
