/* POST /v1/direct-debit-batches/{id}/send: the bank gets the file, while all of it would still be asked for. Again it answers the same. Suspends in one unit. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply send_direct_debit_batch(struct request *rq, const struct send_direct_debit_batch_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(send_direct_debit_batch, .id = in->id, .by = w->identity.subject, .already_given = in->already_given ? SLICE("true") : SLICE("false")));
    batch_add(batch, SQL(check_direct_debit_batch, .id = in->id, .status = SLICE("sent")));
    const struct row *row = batch_run(batch) ? batch_row(batch, 1) : NULL;
    if (!row && !work_failed(w))
        work_fail(w, &PROBLEM_not_found, "no such batch");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
