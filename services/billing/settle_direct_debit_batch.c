/* POST /v1/direct-debit-batches/{id}/settle: the bank has credited what is under way of a batch. Jobs record each. Again it has no further effect. Suspends in one unit. */
#include "billing/manual_payment.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply settle_direct_debit_batch(struct request *rq, const struct settle_direct_debit_batch_in *in)
{
    struct work *w = &rq->work;
    if (!received_on_check(w, in->received_on))
        return reply_problem(rq);
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(settle_direct_debit_batch, .id = in->id, .settled_on = in->received_on, .by = w->identity.subject));
    batch_add(batch, SQL(check_direct_debit_batch, .id = in->id, .status = SLICE("sent")));
    const struct row *row = batch_run(batch) ? batch_row(batch, 1) : NULL;
    if (!row && !work_failed(w))
        work_fail(w, &PROBLEM_not_found, "no such batch");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
