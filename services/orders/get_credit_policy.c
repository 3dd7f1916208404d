/* GET /v1/credit-policy. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_credit_policy(struct request *rq, const struct get_credit_policy_in *in)
{
    (void)in;
    const struct row *row = db_one(&rq->work, SQL(get_credit_policy));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
