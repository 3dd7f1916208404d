/* POST /v1/direct-debit-batches/{id}/cancel: a batch that the bank has not got is given up, and its receivables can be in another. Again it answers the same. Suspends in one unit. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply cancel_direct_debit_batch(struct request *rq, const struct cancel_direct_debit_batch_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(cancel_direct_debit_batch, .id = in->id, .by = w->identity.subject));
    batch_add(batch, SQL(check_direct_debit_batch, .id = in->id, .status = SLICE("canceled")));
    const struct row *row = batch_run(batch) ? batch_row(batch, 1) : NULL;
    if (!row && !work_failed(w))
        work_fail(w, &PROBLEM_not_found, "no such batch");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
