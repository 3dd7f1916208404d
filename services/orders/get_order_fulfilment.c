/* GET /v1/orders/{id}/fulfilment. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_order_fulfilment(struct request *rq, const struct get_order_fulfilment_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_order_fulfilment, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
