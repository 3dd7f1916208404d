/* Job lapse_change: the day is over by which a payoff or prepayment had to be paid. Paid: it is confirmed. Else a change of its own, `restore`, puts the rows back and goes
 * through billing as every change does; refused there, because money came after all, this job is made again, so often. A change that cannot be undone ends all the same,
 * with the rows it made in force, and is logged: no contract waits for ever. */
#include "base/date.h"
#include "base/log.h"
#include "base/uuid.h"
#include "change_open.h"
#include "gen/orders/sql.h"
#include "gen/orders/tables.h"

#define REFUSED_MAX 5

/* Its rows stay what is owed; staff see by `refusal` that they were not put back. */
SUSPENDS static enum job_outcome let_stand(struct work *w, struct slice id, const char *why)
{
    log_error("an unpaid change cannot be undone, its rows stay", LOG_SLICE("change", id), LOG_TEXT("why", why));
    w->failure = (struct failure){ 0 };
    return db_run(w, SQL(let_unpaid_change, .id = id, .refusal = SLICE("not_restored"))) ? JOB_DONE : JOB_RETRY;
}

SUSPENDS static enum job_outcome restore(struct work *w, struct slice undone, const struct row *row, struct change_draft *draft, const struct receivable *unpaid)
{
    const struct slice id = uuid_new(w->arena), reason = SLICE("not paid in time");
    const struct contract_plan *original = contract_plan_read(w, row_text(row, "plan_terms"), row_text(row, "plan_before"), SLICE_NONE);
    draft->before = contract_plan_read(w, row_text(row, "plan_terms"), row_text(row, "plan"), SLICE_NONE);
    if (!original || !draft->before)
        return let_stand(w, undone, "its plans cannot be read");
    draft->before = contract_plan_waive(w->arena, draft->before, draft->account);
    change_draft_begin(w, draft);
    if (!change_restore(w, draft, contract_plan_waive(w->arena, original, draft->account), unpaid))
        return let_stand(w, undone, "no plan can be made of what is left");
    return db_run(w, SQL(lapse_change, .id = id, .undoes = undone, .reason = reason, .result = change_result_json(w, draft),
                         .posting = change_posting_json(w, draft, id, reason), .plan = contract_plan_write(w->arena, &draft->after),
                         .base_revision = draft->account->revision))
               ? JOB_DONE : JOB_RETRY;
}

SUSPENDS enum job_outcome job_lapse_change(struct work *w, const struct job *job)
{
    const struct slice id = job_text(w, job, "change_id");
    const struct row *row = db_maybe(w, SQL(change_to_lapse, .id = id));
    if (!row)
        return work_failed(w) ? JOB_RETRY : JOB_DONE;
    struct change_draft draft = { .kind = SLICE("restore"), .account = change_account(w, row_text(row, "order_id"), row_text(row, "schedule")) };
    if (!draft.account || draft.account->payment_in_progress || !date_parse(row_text(row, "as_of"), &draft.as_of))
        return JOB_RETRY;
    const struct receivable *unpaid = account_row(draft.account, (int)row_int(row, "pay_number"));
    if (!unpaid)
        return let_stand(w, id, "billing does not know its row");
    if (unpaid->paid == unpaid->total)
        return db_run(w, SQL(settle_change, .id = id)) ? JOB_DONE : JOB_RETRY;
    if (row_int(row, "refused") >= REFUSED_MAX)
        return let_stand(w, id, "billing refuses what undoes it");
    return restore(w, id, row, &draft, unpaid);
}
