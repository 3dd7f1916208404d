/* POST /v1/manual-payments: staff record money that came past every provider. What came on an earlier day is paid as of
 * that day. One unit. Suspends in it, in looking for what came since, and in fetching what orders has committed when the order is not known yet. */
#include "base/uuid.h"
#include "billing/manual_payment.h"
#include "bus/events.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

static SUSPENDS const struct row *record(struct work *w, const struct create_manual_payment_in *in)
{
    const struct manual_payment payment = { .id = uuid_new(w->arena), .order_id = in->order_id, .amount = in->amount, .currency = in->currency, .method = in->method,
                                            .reference = in->reference, .received_on = in->received_on, .by = w->identity.subject };
    const struct rows *later = manual_payment_later(w, &payment);
    if (work_failed(w))
        return NULL;
    struct batch *batch = batch_new(w, POOL_WRITE);
    if (later)
        manual_payment_replay(batch, w, &payment, later);
    else
        manual_payment_add(batch, w, &payment);
    batch_add(batch, SQL(remember_manual_payment, .id = payment.id));
    manual_payment_invoice(batch, w, &payment);
    return batch_run(batch) ? batch_row(batch, later ? MANUAL_PAYMENT_REPLAYED : 1) : NULL;
}

SUSPENDS struct reply create_manual_payment(struct request *rq, const struct create_manual_payment_in *in)
{
    struct work *w = &rq->work;
    if (!received_on_check(w, in->received_on))
        return reply_problem(rq);
    const struct row *row = record(w, in);
    if (!row && !work_failed(w) && bus_catch_up(w, "orders", NULL))
        row = record(w, in);
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such order");
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
