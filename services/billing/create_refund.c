/* POST /v1/payments/{id}/refunds: gives money of a payment back. One unit: account and rows locked, then one statement that decides, opens anew what the money
 * had paid, and makes refund, job and reply. The provider is called by the job. Suspends in that unit. */
#include "base/uuid.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

struct reply create_refund(struct request *rq, const struct create_refund_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_payment, .payment_id = in->id));
    batch_add(batch, SQL(create_refund, .id = uuid_new(w->arena), .payment_id = in->id, .amount = in->has_amount ? work_int(w, in->amount) : SLICE_NONE,
                         .to = in->to, .note = in->reason, .by = w->identity.subject));
    if (!batch_run(batch))
        return reply_problem(rq);
    const struct row *row = batch_row(batch, 1);
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such payment");
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
