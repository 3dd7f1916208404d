/* POST /internal/promotion-checks. One statement. */
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"

SUSPENDS struct reply check_promotion(struct request *rq, const struct check_promotion_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(check_promotion, .code = in->code, .customer_id = in->customer_id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
