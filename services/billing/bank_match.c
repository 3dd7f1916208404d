/* See bank_match.h. Locks are taken in the order account, receivables, line. */
#include "billing/bank_match.h"

#include "base/date.h"
#include "base/uuid.h"
#include "billing/debit.h"
#include "billing/manual_payment.h"
#include "bus/events.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

static bool is_done(const struct row *line, const struct bank_match *match)
{
    return slice_equals_text(row_text(line, "status"), "matched") && slice_equals_nocase(row_text(line, "order_id"), match->order_id) &&
           slice_is_none(row_text(line, "order_id")) == slice_is_none(match->order_id);
}

/* NULL without a failure: no such order. */
static SUSPENDS const struct row *record(struct work *w, const struct bank_match *match, const struct row *line)
{
    const struct manual_payment payment = {
        .id = uuid_new(w->arena), .order_id = match->order_id, .amount = row_int(line, "amount"), .currency = row_text(line, "currency"), .method = SLICE("bank_transfer"),
        .reference = match->line_id, .received_on = row_text(line, "received_on"), .source = arena_printf(w->arena, "bank-line:%.*s", SLICE_FMT(match->line_id)), .by = match->by,
    };
    const struct rows *later = manual_payment_later(w, &payment);
    if (work_failed(w))
        return NULL;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_schedule, .order_id = match->order_id));
    batch_add(batch, SQL(take_bank_line, .id = match->line_id, .order_id = match->order_id, .automatic = match->automatic ? SLICE("true") : SLICE("false")));
    if (later)
        manual_payment_replay(batch, w, &payment, later);
    else
        manual_payment_add(batch, w, &payment);
    const size_t matched = batch_count(batch);
    batch_add(batch, SQL(match_bank_line, .id = match->line_id, .payment_id = payment.id, .by = match->by));
    manual_payment_invoice(batch, w, &payment);
    return batch_run(batch) ? batch_row(batch, matched) : NULL;
}

static SUSPENDS const struct row *read_and_record(struct work *w, const struct bank_match *match)
{
    const struct row *line = db_one(w, SQL(read_bank_line, .id = match->line_id, .order_id = match->order_id, .zone = date_zone()));
    if (!line || is_done(line, match))
        return line;
    const struct debit_credit credit = { .debit_id = row_text(line, "direct_debit_id"), .line_id = match->line_id, .received_on = row_text(line, "received_on"), .by = match->by };
    return match->automatic || slice_is_none(credit.debit_id) ? record(w, match, line) : debit_match(w, &credit);
}

const struct row *bank_match(struct work *w, const struct bank_match *match)
{
    const struct row *row = read_and_record(w, match);
    if (!row && !work_failed(w) && bus_catch_up(w, "orders", NULL))
        row = read_and_record(w, match);
    return row || work_failed(w) ? row : work_fail(w, &PROBLEM_not_found, "no such order");
}
