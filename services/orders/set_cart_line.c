/* PUT /v1/carts/{id}/lines/{product_id}, and the same of a guest's cart: the product from the catalog unless it is taken out, then one statement. */
#include "cart_product.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "guest_cart.h"

/* holder: none of a cart that is nobody's. */
static SUSPENDS struct reply set(struct request *rq, struct slice cart_id, struct slice holder, struct slice product_id, int64_t quantity)
{
    struct work *w = &rq->work;
    const struct product gone = { .id = product_id };
    const struct product *product = quantity ? cart_product(w, product_id, SLICE("path:product_id")) : &gone;
    if (!product)
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(set_cart_line, .id = cart_id, .holder = holder, .product = cart_product_json(w->arena, product),
                                          .quantity = work_int(w, quantity), .currency = product->currency));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}

SUSPENDS struct reply set_cart_line(struct request *rq, const struct set_cart_line_in *in)
{
    return set(rq, in->id, work_owner(&rq->work), in->product_id, in->quantity);
}

SUSPENDS struct reply set_guest_cart_line(struct request *rq, const struct set_guest_cart_line_in *in)
{
    const struct slice id = guest_cart_open(&rq->work, in->token);
    return slice_is_none(id) ? reply_problem(rq) : set(rq, id, SLICE_NONE, in->product_id, in->quantity);
}
