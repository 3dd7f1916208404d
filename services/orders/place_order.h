/* From what a buyer accepts to an order: the way all orders are placed, of a cart or of a quote. */
#ifndef CUOTAS_ORDERS_PLACE_ORDER_H
#define CUOTAS_ORDERS_PLACE_ORDER_H

#include "credit.h"
#include "gen/orders/api.h"
#include "http/request.h"
#include "offer.h"

struct checkout {
    const struct place_order_in *in;
    const struct row *row;         /* of get_checkout, or of get_quote_checkout */
    bool quoted;                   /* its prices are agreed: the stock is held at those */
    const struct offer *offer;     /* from here on: checkout_place's */
    int64_t total;
    struct credit credit;
    struct slice contract_text;    /* none: the buyer did not pin it */
    bool unwritten;                /* all was ready, and the order's own statement refused */
};

bool checkout_terms_accepted(struct work *w, const struct place_order_in *in);
/* `in`, `row` and `quoted` are set. */
SUSPENDS struct reply checkout_place(struct request *rq, struct checkout *checkout);

#endif
