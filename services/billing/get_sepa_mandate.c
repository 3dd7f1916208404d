/* GET /v1/sepa-mandates/{id}. Customers see their own. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply get_sepa_mandate(struct request *rq, const struct get_sepa_mandate_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_sepa_mandate, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
