/* POST /v1/contracts/{id}/changes: what a change after the sale comes to, from the plan in force and billing's account; nothing moves. One read, billing asked, one
 * statement. Suspends in those. */
#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "change_open.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "merchant.h"

#define AHEAD_DAYS_MAX 92

/* The day it is computed for: today, or as long ahead as a quote may be. */
static bool read_date(struct work *w, const struct compute_change_in *in, int32_t *as_of)
{
    const int32_t today = date_of_time(clock_logical_us());
    *as_of = today;
    if (!slice_is_none(in->as_of))
        (void)date_parse(in->as_of, as_of);
    if (*as_of >= today && *as_of <= today + AHEAD_DAYS_MAX)
        return true;
    return work_fail_field(w, &PROBLEM_validation_failed, SLICE("/as_of"), "range", "must be from today to %d days ahead", AHEAD_DAYS_MAX) != NULL;
}

SUSPENDS static struct reply keep(struct request *rq, const struct change_draft *draft, const struct row *row, struct slice reason)
{
    struct work *w = &rq->work;
    const struct slice id = uuid_new(w->arena);
    const struct row *kept = db_one(w, SQL(compute_change,
        .id = id, .contract_id = draft->in->id, .kind = draft->kind, .as_of = work_date(w, draft->as_of), .reason = reason,
        .request = change_request_json(w, draft->in), .result = change_result_json(w, draft), .posting = change_posting_json(w, draft, id, reason),
        .plan = contract_plan_write(w->arena, &draft->after), .base_version = row_text(row, "schedule_version"), .base_revision = draft->account->revision,
        .pay_number = draft->pay_number ? work_int(w, draft->pay_number) : SLICE_NONE, .by = w->identity.subject,
        .requested_as = w->identity.kind == IDENTITY_CUSTOMER ? SLICE("customer") : SLICE("staff"), .expires_at = work_time(w, date_start_us(draft->as_of + 1)),
        .open_max = work_int(w, merchant_limits()->changes_open), .month_max = work_int(w, merchant_limits()->changes_a_month)));
    return kept ? reply_created(rq, row_text(kept, "body")) : reply_problem(rq);
}

SUSPENDS struct reply compute_change(struct request *rq, const struct compute_change_in *in)
{
    struct work *w = &rq->work;
    const struct change_rule *rule = change_rule_of(in->kind);
    struct change_draft draft = { .in = in, .kind = in->kind };
    if (!rule || !change_request_check(w, rule, in) || !read_date(w, in, &draft.as_of))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(get_contract_plan, .id = in->id, .country = merchant_country()));
    if (!row || !change_open(w, row, &draft) || !rule->compute(w, &draft))
        return reply_problem(rq);
    const struct slice reason = slice_is_none(in->reason) ? SLICE("asked for by the customer") : in->reason;
    return keep(rq, &draft, row, reason);
}
