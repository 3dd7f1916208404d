/* POST /v1/refunds/{id}/retry: a refund that failed is sent once more. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply retry_refund(struct request *rq, const struct retry_refund_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(retry_refund, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
