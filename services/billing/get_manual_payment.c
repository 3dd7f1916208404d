/* GET /v1/manual-payments/{id}. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply get_manual_payment(struct request *rq, const struct get_manual_payment_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_manual_payment, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
