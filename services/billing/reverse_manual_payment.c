/* POST /v1/manual-payments/{id}/reverse: it was recorded by mistake. One unit: it is locked, then account and rows of its order and its customer's credit, then one statement. */
#include "billing/manual_payment.h"
#include "gen/billing/api.h"
#include "gen/problems.h"

SUSPENDS struct reply reverse_manual_payment(struct request *rq, const struct reverse_manual_payment_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    const size_t at = manual_payment_reverse(batch, w, in->id, in->reason);
    if (!batch_run(batch))
        return reply_problem(rq);
    const struct row *row = batch_row(batch, at);
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such payment");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
