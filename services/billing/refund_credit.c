/* POST /v1/customers/{id}/credit/refunds: credit goes back by the method of a payment. One unit: the payment's account and rows and the credit locked, then one statement that decides and makes
 * refund, job and reply. The provider is called by the job. Suspends in that unit. */
#include "base/uuid.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

struct reply refund_credit(struct request *rq, const struct refund_credit_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_payment, .payment_id = in->payment_id));
    batch_add(batch, SQL(lock_credit, .customer_id = in->id));
    batch_add(batch, SQL(refund_credit, .id = uuid_new(w->arena), .customer_id = in->id, .payment_id = in->payment_id,
                         .amount = in->has_amount ? work_int(w, in->amount) : SLICE_NONE, .note = in->reason, .by = w->identity.subject));
    if (!batch_run(batch))
        return reply_problem(rq);
    const struct row *row = batch_row(batch, 2);
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such payment of this customer");
    return row ? reply_json(rq, 201, row_text(row, "body")) : reply_problem(rq);
}
