/* POST /v1/carts: an empty cart of the caller. One statement. */
#include "base/uuid.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply create_cart(struct request *rq, const struct create_cart_in *in)
{
    (void)in;
    const struct slice id = uuid_new(rq->work.arena);
    const struct row *row = db_one(&rq->work, SQL(create_cart, .id = id));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
