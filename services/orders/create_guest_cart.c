/* POST /v1/guest-carts: an empty cart of nobody, and the token it goes by. One statement. */
#include "base/uuid.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "guest_cart.h"
#include "merchant.h"

SUSPENDS struct reply create_guest_cart(struct request *rq, const struct create_guest_cart_in *in)
{
    struct work *w = &rq->work;
    if (!merchant_admits_channel(w, in->channel, SLICE("/channel")))
        return reply_problem(rq);
    const struct slice id = uuid_new(w->arena);
    const struct row *row = db_one(w, SQL(create_guest_cart, .id = id, .channel = in->channel, .token = guest_cart_token(w->arena, id)));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
