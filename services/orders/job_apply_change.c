/* Job apply_change: has billing apply a confirmed change, and puts the version it makes in force. Killed anywhere it begins anew: billing answers a change it has applied as
 * it did first, what is written here is written once, and what billing has said meanwhile of rows that were not there yet is asked for at the end. A change billing
 * refuses for good was overtaken by a payment between confirmation and now. */
#include "change.h"
#include "gen/orders/sql.h"
#include "gen/orders/tables.h"
#include "gen/problems.h"
#include "service/service.h"

/* Billing has looked at the change and will never apply it. Anything else - a payment that is being taken, no answer, an account that is not there yet, an identity it does not
 * take - says nothing about the change: what was asked before may have been applied, its answer lost. */
static bool is_final(const struct problem *problem)
{
    const struct problem *const verdicts[] = { &PROBLEM_account_changed, &PROBLEM_order_unpaid, &PROBLEM_order_closed, &PROBLEM_order_paid,
                                               &PROBLEM_order_written_off, &PROBLEM_schedule_unbalanced, &PROBLEM_validation_failed };
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (problem == verdicts[i])
            return true;
    return false;
}

SUSPENDS static enum job_outcome refuse(struct work *w, struct slice id)
{
    const struct problem *why = w->failure.problem;
    if (!is_final(why))
        return JOB_RETRY;
    w->failure = (struct failure){ 0 };
    return db_run(w, SQL(refuse_change, .id = id, .refusal = slice_from_text(why->code))) ? JOB_DONE : JOB_RETRY;
}

SUSPENDS static bool finish(struct work *w, struct slice id, const struct row *row, struct slice account)
{
    const struct change_rule *rule = change_rule_of(row_text(row, "kind"));
    return db_run(w, SQL(finish_change, .id = id, .account = account,
                         .contract_becomes = rule && rule->contract_becomes ? slice_from_text(rule->contract_becomes) : SLICE_NONE,
                         .order_becomes = rule && rule->order_becomes ? slice_from_text(rule->order_becomes) : SLICE_NONE));
}

SUSPENDS enum job_outcome job_apply_change(struct work *w, const struct job *job)
{
    const struct slice id = job_text(w, job, "change_id");
    const struct row *row = db_one(w, SQL(change_to_apply, .id = id));
    if (!row)
        return JOB_RETRY;
    const struct slice order = row_text(row, "order_id");
    if (!row_bool(row, "applied")) {
        const struct slice *applied = service_call(w, "billing", "POST", arena_printf(w->arena, "/internal/orders/%.*s/schedule", SLICE_FMT(order)),
                                                   row_text(row, "posting"));
        if (!applied)
            return refuse(w, id);
        if (!finish(w, id, row, *applied))
            return JOB_RETRY;
    }
    if (row_bool(row, "refused"))
        return JOB_DONE;
    const struct slice *account = service_call(w, "billing", "GET", arena_printf(w->arena, "/internal/orders/%.*s/account", SLICE_FMT(order)), SLICE_NONE);
    if (!account)
        return JOB_RETRY;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_order, .order_id = order));
    batch_add(batch, SQL(follow_account, .id = id, .account = *account));
    batch_add(batch, SQL(restock_order, .order_id = order));
    return batch_run(batch) ? JOB_DONE : JOB_RETRY;
}
