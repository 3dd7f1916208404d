/* POST /v1/manual-payments/{id}/reverse: it was recorded by mistake. One unit: it is locked, then account and rows of its order and its customer's credit, then one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply reverse_manual_payment(struct request *rq, const struct reverse_manual_payment_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_manual_payment, .id = in->id));
    batch_add(batch, SQL(lock_payment, .payment_id = in->id));
    batch_add(batch, SQL(lock_credit, .payment_id = in->id));
    batch_add(batch, SQL(reverse_manual_payment, .id = in->id, .reason = in->reason, .by = w->identity.subject));
    if (!batch_run(batch))
        return reply_problem(rq);
    const struct row *row = batch_row(batch, 3);
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such payment");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
