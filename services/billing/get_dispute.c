/* GET /v1/disputes/{id}. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply get_dispute(struct request *rq, const struct get_dispute_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_dispute, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
