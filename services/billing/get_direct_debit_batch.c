/* GET /v1/direct-debit-batches/{id}. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply get_direct_debit_batch(struct request *rq, const struct get_direct_debit_batch_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_direct_debit_batch, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
