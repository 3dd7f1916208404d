/* PUT /v1/receivables-policy: the next version, whole. What If-Match names must be what is there, when it is read and when it is written. */
#include "billing/receivables_policy.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/version.h"
#include "wire/json_write.h"

static bool refuse(struct work *w, struct slice pointer, const char *code, const char *why)
{
    work_fail_field(w, &PROBLEM_validation_failed, pointer, code, "%s", why);
    return false;
}

static bool rules_check(struct work *w, const struct put_receivables_policy_in *in)
{
    bool payment = false;
    for (size_t i = 0; i < in->allocation_count; i++) {
        const struct allocation_rule *rule = &in->allocation[i];
        payment = payment || slice_equals_text(rule->transaction, "payment");
        for (size_t k = 0; k < i; k++)
            if (slice_equals(rule->transaction, in->allocation[k].transaction))
                return refuse(w, arena_printf(w->arena, "/allocation/%zu/transaction", i), "duplicate", "has a rule already");
        if (!allocation_order_check(w, rule->order, rule->order_count, arena_printf(w->arena, "/allocation/%zu", i)))
            return false;
    }
    return payment || refuse(w, SLICE("/allocation"), "required", "needs a rule for payment");
}

static struct slice policy_json(struct work *w, const struct put_receivables_policy_in *in)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_begin(&out, "allocation", '[');
    for (size_t i = 0; i < in->allocation_count; i++) {
        const struct allocation_rule *rule = &in->allocation[i];
        json_begin(&out, NULL, '{');
        json_put_text(&out, "transaction", rule->transaction);
        json_put_text(&out, "processing", rule->processing);
        json_put_text(&out, "future", rule->future);
        allocation_order_put(&out, rule->order, rule->order_count);
        json_end(&out, '}');
    }
    json_end(&out, ']');
    json_end(&out, '}');
    return json_done(&out);
}

SUSPENDS struct reply put_receivables_policy(struct request *rq, const struct put_receivables_policy_in *in)
{
    struct work *w = &rq->work;
    const struct row *known = db_one(w, SQL(get_receivables_policy));
    if (!known || !version_is(w, in->if_match, row_int(known, "version")) || !rules_check(w, in))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(put_receivables_policy, .version = row_text(known, "version"), .body = policy_json(w, in),
                                          .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
