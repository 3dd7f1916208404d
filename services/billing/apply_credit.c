/* POST /v1/customers/{id}/credit/applications: credit pays for an order. One unit: account, rows and credit locked; then the payment, its completion as of any
 * payment, the order's invoice, the reply. Suspends in that unit, and in fetching what orders has committed when the order is not known yet. */
#include "base/uuid.h"
#include "bus/events.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

/* The reply's row; NULL with a failure, or without one when the customer has no such order. */
static SUSPENDS const struct row *apply(struct work *w, const struct apply_credit_in *in)
{
    const struct slice id = uuid_new(w->arena);
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_schedule, .order_id = in->order_id));
    batch_add(batch, SQL(lock_credit, .customer_id = in->id));
    batch_add(batch, SQL(apply_credit, .id = id, .order_id = in->order_id, .customer_id = in->id,
                         .amount = in->has_amount ? work_int(w, in->amount) : SLICE_NONE));
    batch_add(batch, SQL(complete_payment, .payment_id = id));
    batch_add(batch, SQL(issue_invoice, .id = uuid_new(w->arena), .payment_id = id));
    batch_add(batch, SQL(credit_applied, .id = id));
    return batch_run(batch) ? batch_row(batch, 5) : NULL;
}

struct reply apply_credit(struct request *rq, const struct apply_credit_in *in)
{
    struct work *w = &rq->work;
    const struct slice owner = work_owner(w);
    if (!slice_is_none(owner) && !slice_equals_nocase(owner, in->id)) {
        work_fail(w, &PROBLEM_not_found, "no such customer");
        return reply_problem(rq);
    }
    const struct row *row = apply(w, in);
    if (!row && !work_failed(w) && bus_catch_up(w, "orders", NULL))
        row = apply(w, in);
    if (!row && !work_failed(w))
        work_fail(w, &PROBLEM_not_found, "no such order of this customer");
    return row ? reply_json(rq, 201, row_text(row, "body")) : reply_problem(rq);
}
