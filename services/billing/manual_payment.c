/* See manual_payment.h. Nothing suspends. */
#include "billing/manual_payment.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/merchant.h"

void manual_payment_add(struct batch *batch, struct work *w, const struct manual_payment *p)
{
    const struct slice amount = work_int(w, p->amount);
    batch_add(batch, SQL(lock_schedule, .order_id = p->order_id));
    if (slice_is_none(p->order_id))
        batch_add(batch, SQL(record_unapplied_payment, .id = p->id, .amount = amount, .currency = p->currency, .method = p->method, .reference = p->reference,
                             .received_on = p->received_on, .source = p->source, .by = p->by));
    else
        batch_add(batch, SQL(record_manual_payment, .id = p->id, .order_id = p->order_id, .amount = amount, .currency = p->currency, .method = p->method,
                             .reference = p->reference, .received_on = p->received_on, .zone = date_zone(), .source = p->source, .by = p->by));
}

void manual_payment_lock(struct batch *batch, struct slice id)
{
    batch_add(batch, SQL(lock_manual_payment, .id = id));
    batch_add(batch, SQL(lock_payment, .payment_id = id));
    batch_add(batch, SQL(lock_credit, .payment_id = id));
}

size_t manual_payment_reverse(struct batch *batch, struct work *w, struct slice id, struct slice reason)
{
    manual_payment_lock(batch, id);
    const size_t at = batch_count(batch);
    batch_add(batch, SQL(reverse_manual_payment, .id = id, .reason = reason, .by = w->identity.subject));
    return at;
}

void manual_payment_invoice(struct batch *batch, struct work *w, const struct manual_payment *p)
{
    batch_add(batch, SQL(issue_invoice, .id = uuid_new(w->arena), .payment_id = p->id));
}

const struct rows *manual_payment_later(struct work *w, const struct manual_payment *p)
{
    if (slice_is_none(p->order_id) || slice_is_none(p->received_on))
        return NULL;
    const struct rows *rows = db_all(w, SQL(find_later_payments, .order_id = p->order_id, .day = p->received_on, .amount = work_int(w, p->amount), .country = merchant_country()));
    return rows && rows_count(rows) ? rows : NULL;
}

void manual_payment_replay(struct batch *batch, struct work *w, const struct manual_payment *p, const struct rows *later)
{
    const struct slice country = merchant_country();
    batch_add(batch, SQL(lock_schedule, .order_id = p->order_id));
    batch_add(batch, SQL(rewind_account, .order_id = p->order_id, .day = p->received_on, .id = p->id, .country = country, .revision = row_text(rows_at(later, 0), "revision")));
    manual_payment_add(batch, w, p);
    for (size_t i = 0; i < rows_count(later); i++) {
        const struct row *row = rows_at(later, i);
        const struct slice day = row_text(row, "day");
        if (slice_is_none(day))
            continue;
        batch_add(batch, SQL(accrue_account, .order_id = p->order_id, .day = day, .country = country));
        batch_add(batch, SQL(reapply_payment, .payment_id = row_text(row, "payment_id"), .amount = row_text(row, "amount"), .day = day, .id = p->id));
    }
    batch_add(batch, SQL(accrue_account, .order_id = p->order_id, .day = row_text(rows_at(later, 0), "closed"), .country = country));
    batch_add(batch, SQL(post_replay, .order_id = p->order_id, .id = p->id));
}

bool received_on_check(struct work *w, struct slice received_on)
{
    int32_t day;
    if (slice_is_none(received_on) || !date_parse(received_on, &day) || day <= date_of_time(clock_logical_us()))
        return true;
    work_fail_field(w, &PROBLEM_validation_failed, SLICE("/received_on"), "range", "lies in the future");
    return false;
}
