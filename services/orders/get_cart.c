/* GET /v1/carts/{id}. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_cart(struct request *rq, const struct get_cart_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_cart, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
