/* GET /v1/carts/{id}/offers, and of a guest's cart: the plans for all that is in it, a schedule each. Two statements; nothing is asked of the catalog: the prices are
 * those the cart shows, and an order looks at them again. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "guest_cart.h"
#include "merchant.h"
#include "offer.h"

static SUSPENDS struct reply list(struct request *rq, struct slice id, bool guest, struct slice locale)
{
    struct work *w = &rq->work;
    const struct row *cart = db_one(w, SQL(get_cart_sale, .id = id, .guest = guest ? SLICE("true") : SLICE("false")));
    if (!cart)
        return reply_problem(rq);
    const struct slice lines = row_text(cart, "lines"), currency = row_text(cart, "currency");
    const struct rows *rows = db_all(w, SQL(list_offers, .locale = locale, .lines = lines, .currency = currency, .channel = row_text(cart, "channel"),
                                            .buyer = row_text(cart, "customer_id"), .country = merchant_country()));
    const struct sale sale = sale_read(w->arena, lines);
    return rows ? reply_ok(rq, offer_list_json(w, rows, &sale, currency)) : reply_problem(rq);
}

SUSPENDS struct reply list_cart_offers(struct request *rq, const struct list_cart_offers_in *in)
{
    return list(rq, in->id, false, in->locale);
}

SUSPENDS struct reply list_guest_cart_offers(struct request *rq, const struct list_guest_cart_offers_in *in)
{
    const struct slice id = guest_cart_open(&rq->work, in->token);
    return slice_is_none(id) ? reply_problem(rq) : list(rq, id, true, in->locale);
}
