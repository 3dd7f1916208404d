/* POST /v1/quotes/{id}/accept: an order of what a quote says, placed as all orders are (place_order.c). Its cart has the quote's id, and its version is the quote's. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "merchant.h"
#include "place_order.h"

static SUSPENDS const struct row *checkout_of(struct work *w, const struct accept_quote_in *in)
{
    return db_one(w, SQL(get_quote_checkout, .id = in->id, .version = work_int(w, in->version), .terms_version = in->terms_version,
                         .locale = in->locale, .country = merchant_country()));
}

/* Its cart went while the stock was held: it was withdrawn or has expired, and the quote says which. */
static SUSPENDS struct reply withdrawn(struct request *rq, const struct accept_quote_in *in)
{
    rq->work.failure = (struct failure){ 0 };
    if (checkout_of(&rq->work, in))
        work_fail(&rq->work, &PROBLEM_quote_changed, "it is not approved any more");
    return reply_problem(rq);
}

SUSPENDS struct reply accept_quote(struct request *rq, const struct accept_quote_in *in)
{
    struct work *w = &rq->work;
    struct place_order_in order = { .cart_id = in->id, .terms_version = in->terms_version, .terms_accepted = in->terms_accepted,
                                    .has_terms_accepted = in->has_terms_accepted, .locale = in->locale, .contract_sha256 = in->contract_sha256 };
    struct checkout checkout = { .in = &order, .quoted = true };
    if (!checkout_terms_accepted(w, &order) || !(checkout.row = checkout_of(w, in)))
        return reply_problem(rq);
    order.offer_id = row_text(checkout.row, "offer_id");
    const struct reply reply = checkout_place(rq, &checkout);
    return checkout.unwritten && w->failure.problem == &PROBLEM_not_found ? withdrawn(rq, in) : reply;
}
