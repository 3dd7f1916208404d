/* PUT /v1/payment-methods/{id}/default. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply set_default_payment_method(struct request *rq, const struct set_default_payment_method_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(set_default_payment_method, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
