/* POST /v1/contracts/{id}/changes/{change_id}/confirm: what was shown is what happens, or nothing. Whatever moved since it was computed is a 412: the schedule, by the
 * statement; money, by billing's account, asked before. From the statement on job apply_change sees to it that billing applies it. Suspends in both. */
#include "change_open.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "merchant.h"
#include "service/version.h"

/* A write-off takes another one than who asked for it. */
static bool may_confirm(struct work *w, const struct change_rule *rule, const struct row *row)
{
    if (w->identity.kind == IDENTITY_CUSTOMER)
        return (rule->for_customers && slice_equals_text(row_text(row, "requested_as"), "customer")) ||
               work_fail(w, &PROBLEM_forbidden, "this is for the shop to confirm") != NULL;
    if (!rule->approved)
        return identity_has_scope(&w->identity, "orders.write") || work_fail(w, &PROBLEM_forbidden, "needs orders.write") != NULL;
    if (!identity_has_scope(&w->identity, "orders.approve"))
        return work_fail(w, &PROBLEM_forbidden, "needs orders.approve") != NULL;
    return !slice_equals(row_text(row, "requested_by"), w->identity.subject) ||
           work_fail(w, &PROBLEM_needs_another_approver, "who asked for it cannot approve it") != NULL;
}

/* The law may have changed since. */
static bool rate_stands(struct work *w, const struct row *row)
{
    const struct legal_rate legal = legal_rate_of(row);
    return change_rate_stands(w, row_text(row, "rate"), &legal);
}

SUSPENDS static bool account_stands(struct work *w, const struct row *row)
{
    const struct account *account = change_account(w, row_text(row, "order_id"), SLICE("[]"));
    if (!account)
        return false;
    if (!slice_equals(account->revision, row_text(row, "base_revision")))
        return work_fail(w, &PROBLEM_precondition_failed, "what is owed or paid has changed since it was computed") != NULL;
    return !account->payment_in_progress || work_fail(w, &PROBLEM_payment_in_progress, "a payment is being taken: wait until it is decided") != NULL;
}

SUSPENDS struct reply confirm_change(struct request *rq, const struct confirm_change_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(change_to_confirm, .contract_id = in->id, .id = in->change_id, .country = merchant_country()));
    if (!row || !may_confirm(w, change_rule_of(row_text(row, "kind")), row) || !version_is(w, in->if_match, row_int(row, "version")) ||
        !rate_stands(w, row) || !account_stands(w, row))
        return reply_problem(rq);
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_order, .order_id = row_text(row, "order_id")));
    batch_add(batch, SQL(confirm_change, .id = in->change_id, .version = row_text(row, "version"), .by = w->identity.subject));
    return batch_run(batch) ? reply_ok(rq, row_text(batch_row(batch, 1), "body")) : reply_problem(rq);
}
