/* PUT /v1/routing-policy: the next version, whole. What If-Match names must be what is there, when it is read and when it is written. Suspends in two statements. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/version.h"
#include "wire/json_write.h"

static bool refuse(struct work *w, size_t rule, const char *member, const char *code, const char *why)
{
    work_fail_field(w, &PROBLEM_validation_failed, arena_printf(w->arena, "/rules/%zu/%s", rule, member), code, "%s", why);
    return false;
}

static bool rules_check(struct work *w, const struct put_routing_policy_in *in)
{
    for (size_t i = 0; i < in->rules_count; i++) {
        const struct routing_rule *rule = &in->rules[i];
        if (rule->has_amount_min && rule->has_amount_max && rule->amount_min > rule->amount_max)
            return refuse(w, i, "amount_max", "range", "is less than amount_min");
        if ((rule->has_amount_min || rule->has_amount_max) && slice_is_none(rule->currency))
            return refuse(w, i, "currency", "required", "an amount is of a currency");
        for (size_t k = 1; k < rule->providers_count; k++)
            for (size_t n = 0; n < k; n++)
                if (slice_equals(rule->providers[k], rule->providers[n]))
                    return refuse(w, i, "providers", "duplicate", "names a provider twice");
    }
    return true;
}

static struct slice rules_json(struct work *w, const struct put_routing_policy_in *in)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < in->rules_count; i++) {
        const struct routing_rule *rule = &in->rules[i];
        json_begin(&out, NULL, '{');
        json_put_text(&out, "currency", rule->currency);
        if (rule->has_amount_min)
            json_put_int(&out, "amount_min", rule->amount_min);
        if (rule->has_amount_max)
            json_put_int(&out, "amount_max", rule->amount_max);
        json_begin(&out, "providers", '[');
        for (size_t k = 0; k < rule->providers_count; k++)
            json_put_text(&out, NULL, rule->providers[k]);
        json_end(&out, ']');
        json_end(&out, '}');
    }
    json_end(&out, ']');
    return json_done(&out);
}

SUSPENDS struct reply put_routing_policy(struct request *rq, const struct put_routing_policy_in *in)
{
    struct work *w = &rq->work;
    const struct row *known = db_one(w, SQL(get_routing_policy));
    if (!known || !version_is(w, in->if_match, row_int(known, "version")) || !rules_check(w, in))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(put_routing_policy, .version = row_text(known, "version"), .rules = rules_json(w, in), .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
