/* GET /v1/payment-methods/{id}/mandate. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply get_mandate(struct request *rq, const struct get_mandate_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_mandate, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
