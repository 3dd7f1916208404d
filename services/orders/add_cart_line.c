/* POST /v1/carts/{id}/lines: the product from the catalog, then one statement that adds it. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "product.h"
#include "wire/json_write.h"

/* The product, or product_not_found at /product_id when there is none or it is not for sale. */
static SUSPENDS const struct product *product_for_sale(struct work *w, struct slice id)
{
    const struct product *product = product_fetch(w, id);
    if (product && product->for_sale)
        return product;
    if (!product && w->failure.problem != &PROBLEM_not_found)
        return NULL;
    w->failure = (struct failure){ 0 };
    return work_fail_field(w, &PROBLEM_product_not_found, SLICE("/product_id"), "product_not_found", "is not for sale");
}

static struct slice product_json(struct arena *arena, const struct product *product)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "product_id", product->id);
    json_put_text(&out, "sku", product->sku);
    json_put_text(&out, "name", product->name);
    json_put_text(&out, "kind", product->kind);
    json_put_text(&out, "category", product->category);
    json_put_int(&out, "unit_price", product->price);
    json_end(&out, '}');
    return json_done(&out);
}

SUSPENDS struct reply add_cart_line(struct request *rq, const struct add_cart_line_in *in)
{
    struct work *w = &rq->work;
    const struct product *product = product_for_sale(w, in->product_id);
    if (!product)
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(add_cart_line, .id = in->id, .product = product_json(w->arena, product),
                                          .quantity = work_int(w, in->quantity), .currency = product->currency));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
