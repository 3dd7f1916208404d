/* POST /v1/refunds/{id}/retry: a refund that failed is sent once more. One unit: the credit it is of locked, then one statement. Suspends in it. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

struct reply retry_refund(struct request *rq, const struct retry_refund_in *in)
{
    struct batch *batch = batch_new(&rq->work, POOL_WRITE);
    batch_add(batch, SQL(lock_credit, .refund_id = in->id));
    batch_add(batch, SQL(retry_refund, .id = in->id));
    if (!batch_run(batch))
        return reply_problem(rq);
    const struct row *row = batch_row(batch, 1);
    if (!row)
        work_fail(&rq->work, &PROBLEM_not_found, "no such refund");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
