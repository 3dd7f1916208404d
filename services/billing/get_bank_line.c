/* GET /v1/bank-lines/{id}. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply get_bank_line(struct request *rq, const struct get_bank_line_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_bank_line, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
