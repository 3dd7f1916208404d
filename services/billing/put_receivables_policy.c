/* PUT /v1/receivables-policy: the next version, whole. What If-Match names must be what is there, when it is read and when it is written. */
#include "base/money.h"
#include "billing/receivables_policy.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/version.h"
#include "wire/json_write.h"

#define RATE_DECIMALS_MAX 8

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

static bool at_most(struct decimal rate, int64_t most)
{
    for (int i = 0; i < rate.scale; i++)
        most *= 10;
    return rate.digits >= 0 && rate.digits <= most;
}

static bool rate_check(struct work *w, struct slice text, int64_t most, struct slice pointer)
{
    struct decimal rate;
    return (decimal_parse(text, RATE_DECIMALS_MAX, &rate) && at_most(rate, most)) ||
           refuse(w, pointer, "range", "must be from 0 to 10 (of fees: 1) with at most 8 decimals");
}

static bool late_check(struct work *w, const struct late_policy *late)
{
    if (!late)
        return true;
    if (!rate_check(w, late->annual_rate, 10, SLICE("/late/annual_rate")))
        return false;
    for (size_t i = 0; i < late->fees_count; i++) {
        for (size_t k = 0; k < i; k++)
            if (slice_equals(late->fees[i].currency, late->fees[k].currency))
                return refuse(w, arena_printf(w->arena, "/late/fees/%zu/currency", i), "duplicate", "is there already");
        if (!rate_check(w, late->fees[i].percent, 1, arena_printf(w->arena, "/late/fees/%zu/percent", i)))
            return false;
    }
    return true;
}

static bool limits_check(struct work *w, const struct put_receivables_policy_in *in)
{
    for (size_t i = 0; i < in->waiver_limits_count; i++)
        for (size_t k = 0; k < i; k++)
            if (slice_equals(in->waiver_limits[i].currency, in->waiver_limits[k].currency))
                return refuse(w, arena_printf(w->arena, "/waiver_limits/%zu/currency", i), "duplicate", "is there already");
    return true;
}

static void put_limit(struct json_writer *out, const char *name, bool has, int64_t value)
{
    if (has)
        json_put_int(out, name, value);
    else
        json_put_null(out, name);
}

static void put_late(struct json_writer *out, const struct late_policy *late)
{
    json_begin(out, "late", '{');
    json_put_text(out, "annual_rate", late->annual_rate);
    json_put_text(out, "basis", late->basis);
    json_put_text(out, "day_count", late->day_count);
    json_put_int(out, "grace_days", late->grace_days);
    json_begin(out, "fees", '[');
    for (size_t i = 0; i < late->fees_count; i++) {
        const struct late_fee *fee = &late->fees[i];
        json_begin(out, NULL, '{');
        json_put_text(out, "currency", fee->currency);
        json_put_int(out, "flat", fee->flat);
        json_put_text(out, "percent", fee->percent);
        put_limit(out, "installment_max", fee->has_installment_max, fee->installment_max);
        put_limit(out, "contract_max", fee->has_contract_max, fee->contract_max);
        json_end(out, '}');
    }
    json_end(out, ']');
    json_end(out, '}');
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
    if (in->late)
        put_late(&out, in->late);
    json_begin(&out, "waiver_limits", '[');
    for (size_t i = 0; i < in->waiver_limits_count; i++) {
        json_begin(&out, NULL, '{');
        json_put_text(&out, "currency", in->waiver_limits[i].currency);
        json_put_int(&out, "amount", in->waiver_limits[i].amount);
        json_end(&out, '}');
    }
    json_end(&out, ']');
    json_put_text(&out, "overpayment", in->overpayment);
    json_end(&out, '}');
    return json_done(&out);
}

SUSPENDS struct reply put_receivables_policy(struct request *rq, const struct put_receivables_policy_in *in)
{
    struct work *w = &rq->work;
    const struct row *known = db_one(w, SQL(get_receivables_policy));
    if (!known || !version_is(w, in->if_match, row_int(known, "version")) || !rules_check(w, in) || !late_check(w, in->late) || !limits_check(w, in))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(put_receivables_policy, .version = row_text(known, "version"), .body = policy_json(w, in),
                                          .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
