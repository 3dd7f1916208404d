/* See manual_payment.h. Nothing suspends. */
#include "billing/manual_payment.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

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

void manual_payment_invoice(struct batch *batch, struct work *w, const struct manual_payment *p)
{
    batch_add(batch, SQL(issue_invoice, .id = uuid_new(w->arena), .payment_id = p->id));
}

bool received_on_check(struct work *w, struct slice received_on)
{
    int32_t day;
    if (slice_is_none(received_on) || !date_parse(received_on, &day) || day <= date_of_time(clock_logical_us()))
        return true;
    work_fail_field(w, &PROBLEM_validation_failed, SLICE("/received_on"), "range", "lies in the future");
    return false;
}
