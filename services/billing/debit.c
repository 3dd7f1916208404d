/* See debit.h. Locks are taken in the order account, receivables, line, direct debit. */
#include "billing/debit.h"

#include "base/date.h"
#include "base/log.h"
#include "base/uuid.h"
#include "billing/manual_payment.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

static void add_lock(struct batch *batch, const struct debit_credit *credit, struct slice order_id, bool automatic)
{
    batch_add(batch, SQL(lock_schedule, .order_id = order_id));
    if (!slice_is_none(credit->line_id))
        batch_add(batch, SQL(take_bank_line, .id = credit->line_id, .automatic = automatic ? SLICE("true") : SLICE("false"), .direct_debit_id = credit->debit_id));
    batch_add(batch, SQL(take_direct_debit, .id = credit->debit_id));
}

/* *line: the bank's line as it is then; NULL without one. automatic: nobody decided. */
static SUSPENDS bool record(struct work *w, const struct debit_credit *credit, const struct row *debit, bool automatic, const struct row **line)
{
    const bool by_line = !slice_is_none(credit->line_id);
    const struct slice source_of = by_line ? credit->line_id : credit->debit_id;
    const struct manual_payment payment = {
        .id = uuid_new(w->arena), .order_id = row_text(debit, "order_id"), .amount = row_int(debit, "amount"), .currency = row_text(debit, "currency"), .method = SLICE("direct_debit"),
        .reference = row_text(debit, "reference"), .received_on = row_text(debit, "received_on"), .by = credit->by,
        .source = arena_printf(w->arena, "%s:%.*s", by_line ? "bank-line" : "direct-debit", SLICE_FMT(source_of)),
    };
    const struct rows *later = manual_payment_later(w, &payment);
    if (work_failed(w))
        return false;
    struct batch *batch = batch_new(w, POOL_WRITE);
    add_lock(batch, credit, payment.order_id, automatic);
    if (later)
        manual_payment_replay(batch, w, &payment, later);
    else
        manual_payment_add(batch, w, &payment);
    batch_add(batch, SQL(collect_direct_debit, .id = credit->debit_id, .payment_id = payment.id, .by = credit->by));
    const size_t matched = batch_count(batch);
    if (by_line)
        batch_add(batch, SQL(match_bank_line, .id = credit->line_id, .payment_id = payment.id, .by = credit->by));
    manual_payment_invoice(batch, w, &payment);
    if (!batch_run(batch))
        return false;
    *line = by_line ? batch_row(batch, matched) : NULL;
    return true;
}

static SUSPENDS const struct row *read_debit(struct work *w, const struct debit_credit *credit)
{
    return db_one(w, SQL(read_direct_debit, .id = credit->debit_id, .received_on = credit->received_on, .zone = date_zone()));
}

/* Its batch was settled before the bank's line came: the money is in the books. */
static SUSPENDS enum job_outcome known(struct work *w, const struct debit_credit *credit, const struct row *debit)
{
    if (slice_is_none(credit->line_id) || !slice_equals_text(row_text(debit, "status"), "collected"))
        return JOB_DONE;
    const struct slice reason = arena_printf(w->arena, "Direct debit %.*s, recorded when its batch was settled", SLICE_FMT(row_text(debit, "reference")));
    return db_run(w, SQL(set_aside_bank_line, .id = credit->line_id, .reason = reason, .by = credit->by)) ? JOB_DONE : JOB_RETRY;
}

enum job_outcome debit_collect(struct work *w, const struct debit_credit *credit)
{
    const struct row *line, *debit = read_debit(w, credit);
    if (!debit)
        return JOB_RETRY;
    if (!slice_equals_text(row_text(debit, "status"), "pending"))
        return known(w, credit, debit);
    if (record(w, credit, debit, true, &line))
        return JOB_DONE;
    const struct problem *problem = w->failure.problem;
    if (problem != &PROBLEM_batch_decided && problem != &PROBLEM_bank_line_decided && problem != &PROBLEM_already_recorded)
        return JOB_RETRY;   /* another payment of the order is under way, or it was closed just now */
    log_info("a direct debit was not recorded by itself", LOG_SLICE("direct_debit_id", credit->debit_id), LOG_TEXT("why", problem->code));
    return JOB_DONE;
}

const struct row *debit_match(struct work *w, const struct debit_credit *credit)
{
    const struct row *line = NULL, *debit = read_debit(w, credit);
    return debit && record(w, credit, debit, false, &line) ? line : NULL;
}
