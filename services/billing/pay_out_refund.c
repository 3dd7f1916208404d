/* POST /v1/refunds/{id}/pay-out: the shop has given the money back itself. One unit: the credit it is of locked, then one statement. Suspends in it. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply pay_out_refund(struct request *rq, const struct pay_out_refund_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_credit, .refund_id = in->id));
    batch_add(batch, SQL(pay_out_refund, .id = in->id, .method = in->method, .reference = in->reference, .by = w->identity.subject));
    if (!batch_run(batch))
        return reply_problem(rq);
    const struct row *row = batch_row(batch, 1);
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such refund");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
