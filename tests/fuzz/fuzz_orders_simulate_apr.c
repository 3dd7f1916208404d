/* Fuzz target of POST /v1/simulations/apr: any bytes as its body, through the generated decoder and the handler. The answer is a rate with 8
 * decimals that can be stated, or a problem of the contract that names what is wrong; the same flows, printed anew, have the same rate. */
#include "ask.h"

#include "base/money.h"

#define RATE_MOST INT64_C(1000000000)

static void check_rate(struct arena *arena, struct slice body)
{
    const struct slice apr = json_member_text(json_parse(arena, body, NULL, NULL), "apr");
    struct decimal rate;
    CHECK(decimal_parse(apr, 8, &rate) && rate.scale == 8);
    CHECK(rate.digits > -400 * INT64_C(100000000) && rate.digits <= RATE_MOST * INT64_C(100000000));   /* US: above -1 a day at worst */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    static struct request rq, twin;
    const struct route *route = orders_route("simulate_apr");
    const struct slice body = slice_of((const char *)data, size);
    const struct reply reply = ask(&rq, route, arena, body);
    if (reply.status == 200) {
        check_rate(arena, reply.body);
        const struct reply again = ask(&twin, route, arena, json_print(arena, json_parse(arena, body, NULL, NULL)));
        CHECK(again.status == 200 && slice_equals(again.body, reply.body));
    }
    arena_free(arena);
    return 0;
}
