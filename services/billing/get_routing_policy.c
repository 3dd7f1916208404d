/* GET /v1/routing-policy. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply get_routing_policy(struct request *rq, const struct get_routing_policy_in *in)
{
    (void)in;
    const struct row *row = db_one(&rq->work, SQL(get_routing_policy));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
