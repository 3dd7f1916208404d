/* GET /v1/promotions/{id}. One statement. */
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"

SUSPENDS struct reply get_promotion(struct request *rq, const struct get_promotion_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_promotion, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
