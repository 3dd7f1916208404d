/* Quotes: what staff offers a customer, computed as the order would be. */
#ifndef CUOTAS_ORDERS_QUOTE_H
#define CUOTAS_ORDERS_QUOTE_H

#include "gen/orders/api.h"
#include "http/request.h"

/* What a version is made of, as create_quote and revise_quote take it. */
struct quote_ask {
    struct slice id;               /* none: a new quote */
    struct slice customer_id;      /* of a new one */
    struct slice cart_id;          /* instead of lines */
    const struct quote_line *lines;
    size_t lines_count;
    struct slice offer_id, channel, valid_until, note;
    const struct quote_terms *terms;   /* NULL: the plan's own */
};

/* Looks products, plan and law up, then writes the version in one statement. */
SUSPENDS struct reply quote_write(struct request *rq, struct quote_ask *ask);

#endif
