/* POST /v1/carts: an empty cart of the caller. One statement. */
#include "base/uuid.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "merchant.h"

SUSPENDS struct reply create_cart(struct request *rq, const struct create_cart_in *in)
{
    if (!merchant_admits_channel(&rq->work, in->channel, SLICE("/channel")))
        return reply_problem(rq);
    const struct slice id = uuid_new(rq->work.arena);
    const struct row *row = db_one(&rq->work, SQL(create_cart, .id = id, .channel = in->channel));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
