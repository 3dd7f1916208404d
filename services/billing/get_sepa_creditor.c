/* GET /v1/sepa-creditor. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply get_sepa_creditor(struct request *rq, const struct get_sepa_creditor_in *in)
{
    (void)in;
    const struct row *row = db_one(&rq->work, SQL(get_sepa_creditor));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
