/* GET /v1/receivables-policy. One statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply get_receivables_policy(struct request *rq, const struct get_receivables_policy_in *in)
{
    (void)in;
    const struct row *row = db_one(&rq->work, SQL(get_receivables_policy));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
