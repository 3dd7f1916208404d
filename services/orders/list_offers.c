/* GET /v1/products/{id}/offers: the product from the catalog, the plans from the database, a schedule each from the engine. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "merchant.h"
#include "offer.h"
#include "product.h"

SUSPENDS struct reply list_offers(struct request *rq, const struct list_offers_in *in)
{
    struct work *w = &rq->work;
    if (!merchant_admits_channel(w, in->channel, SLICE("query:channel")))
        return reply_problem(rq);
    const struct product *product = product_fetch(w, in->id);
    if (!product)
        return reply_problem(rq);
    const struct sale_line one = { .product_id = product->id, .category = product->category, .quantity = 1, .total = product->for_sale ? product->price : 0 };
    const struct sale sale = { .lines = &one, .count = 1, .total = one.total };
    const struct rows *rows = db_all(w, SQL(list_offers, .locale = in->locale, .lines = sale_json(w->arena, &sale), .currency = product->currency,
                                            .channel = in->channel, .buyer = work_owner(w), .country = merchant_country()));
    return rows ? reply_ok(rq, offer_list_json(w, rows, &sale, product->currency)) : reply_problem(rq);
}
