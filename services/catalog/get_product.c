/* GET /v1/products/{id}: the stored document and what is available. One statement. */
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"

SUSPENDS struct reply get_product(struct request *rq, const struct get_product_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_product, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
