/* See debit.h. Locks are taken in the order manual payment, account, receivables, credit, direct debit, line. */
#include "billing/debit.h"
#include "billing/decline.h"
#include "billing/manual_payment.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

static SUSPENDS const struct row *take_back(struct work *w, const struct debit_return *back, struct slice payment_id)
{
    const struct decline decline = decline_from_sepa(back->code);
    const struct slice reason = arena_printf(w->arena, "Direct debit returned: %.*s", SLICE_FMT(back->code));
    struct batch *batch = batch_new(w, POOL_WRITE);
    if (!slice_is_none(payment_id))
        manual_payment_lock(batch, payment_id);
    const size_t at = batch_count(batch);
    batch_add(batch, SQL(return_direct_debit, .id = back->debit_id, .payment_id = payment_id, .return_code = back->code, .failure_code = decline.failure_code,
                         .decline_kind = decline.kind, .by = back->by));
    if (!slice_is_none(payment_id))
        batch_add(batch, SQL(reverse_manual_payment, .id = payment_id, .reason = reason, .returned = SLICE("true"), .by = back->by));
    if (!slice_is_none(back->line_id))
        batch_add(batch, SQL(match_returned_line, .id = back->line_id, .payment_id = payment_id, .reason = reason, .by = back->by));
    return batch_run(batch) ? batch_row(batch, at) : NULL;
}

const struct row *debit_take_back(struct work *w, const struct debit_return *back)
{
    const struct row *debit = db_one(w, SQL(read_returned_debit, .id = back->debit_id, .line_id = back->line_id));
    if (!debit || slice_equals_text(row_text(debit, "status"), "returned"))
        return debit;
    if (row_bool(debit, "waits"))
        return work_fail(w, &PROBLEM_unavailable, "its credit is being recorded");
    return take_back(w, back, row_text(debit, "payment_id"));
}
