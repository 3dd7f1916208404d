/* GET /v1/change-policy. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "merchant.h"

SUSPENDS struct reply get_change_policy(struct request *rq, const struct get_change_policy_in *in)
{
    (void)in;
    const struct row *row = db_one(&rq->work, SQL(get_change_policy, .country = merchant_country()));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
