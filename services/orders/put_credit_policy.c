/* PUT /v1/credit-policy: the next version, whole. What If-Match names must be what is there, when it is read and when it is written. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "service/version.h"
#include "wire/json_write.h"

static void put_int(struct json_writer *out, const char *name, bool has, int64_t value)
{
    if (has)
        json_put_int(out, name, value);
}

static struct slice policy_json(struct arena *arena, const struct put_credit_policy_in *in)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_begin(&out, "limits", '[');
    for (size_t i = 0; i < in->limits_count; i++) {
        const struct credit_limit *limit = &in->limits[i];
        json_begin(&out, NULL, '{');
        json_put_text(&out, "currency", limit->currency);
        put_int(&out, "max_exposure", limit->has_max_exposure, limit->max_exposure);
        put_int(&out, "review_above", limit->has_review_above, limit->review_above);
        put_int(&out, "two_approvers_above", limit->has_two_approvers_above, limit->two_approvers_above);
        json_end(&out, '}');
    }
    json_end(&out, ']');
    put_int(&out, "max_dpd", in->has_max_dpd, in->max_dpd);
    put_int(&out, "max_open_cases", in->has_max_open_cases, in->max_open_cases);
    put_int(&out, "max_broken", in->has_max_broken, in->max_broken);
    put_int(&out, "max_open_contracts", in->has_max_open_contracts, in->max_open_contracts);
    json_put_int(&out, "review_hours", in->review_hours);
    json_put_int(&out, "payment_hours", in->payment_hours);
    json_end(&out, '}');
    return json_done(&out);
}

/* One line a currency. */
static bool limits_apart(struct work *w, const struct put_credit_policy_in *in)
{
    for (size_t i = 0; i < in->limits_count; i++)
        for (size_t j = 0; j < i; j++)
            if (slice_equals(in->limits[i].currency, in->limits[j].currency))
                work_fail_field(w, &PROBLEM_validation_failed, arena_printf(w->arena, "/limits/%zu/currency", i), "duplicate", "stands there already");
    return !work_failed(w);
}

SUSPENDS struct reply put_credit_policy(struct request *rq, const struct put_credit_policy_in *in)
{
    struct work *w = &rq->work;
    if (!limits_apart(w, in))
        return reply_problem(rq);
    const struct row *known = db_one(w, SQL(credit_policy_version));
    if (!known || !version_is(w, in->if_match, row_int(known, "version")))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(put_credit_policy, .version = row_text(known, "version"), .policy = policy_json(w->arena, in),
                                          .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
