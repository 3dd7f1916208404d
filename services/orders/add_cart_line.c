/* POST /v1/carts/{id}/lines: the product from the catalog, then one statement that adds it. */
#include "cart_product.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply add_cart_line(struct request *rq, const struct add_cart_line_in *in)
{
    struct work *w = &rq->work;
    const struct product *product = cart_product(w, in->product_id, SLICE("/product_id"));
    if (!product)
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(add_cart_line, .id = in->id, .product = cart_product_json(w->arena, product),
                                          .quantity = work_int(w, in->quantity), .currency = product->currency));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
