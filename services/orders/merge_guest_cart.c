/* POST /v1/guest-carts/{token}/merge: after logging in. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "guest_cart.h"

SUSPENDS struct reply merge_guest_cart(struct request *rq, const struct merge_guest_cart_in *in)
{
    const struct slice id = guest_cart_open(&rq->work, in->token);
    const struct row *row = slice_is_none(id) ? NULL : db_one(&rq->work, SQL(merge_guest_cart, .guest_id = id, .cart_id = in->cart_id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
