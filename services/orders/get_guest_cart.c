/* GET /v1/guest-carts/{token}. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "guest_cart.h"

SUSPENDS struct reply get_guest_cart(struct request *rq, const struct get_guest_cart_in *in)
{
    const struct slice id = guest_cart_open(&rq->work, in->token);
    const struct row *row = slice_is_none(id) ? NULL : db_one(&rq->work, SQL(get_guest_cart, .id = id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
