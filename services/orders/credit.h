/* Credit at the checkout: what is known before stock is asked for, and refusals. The decision itself is place_order.sql's, with the customer's book locked. */
#ifndef CUOTAS_ORDERS_CREDIT_H
#define CUOTAS_ORDERS_CREDIT_H

#include "db/db.h"

/* An order of a cart for `amount` on credit (what is owed in installments, without the deposit). `row` is get_checkout's. */
struct credit {
    const struct row *row;
    struct slice cart_id;
    int64_t amount;
};

/* True unless the policy refuses it as things stand: then the refusal is kept and told. Without a reason to look closer it asks nobody. */
SUSPENDS bool credit_allows(struct work *w, const struct credit *credit);
/* After credit_declined by the order's statement: another order came between. Keeps and tells the refusal. */
SUSPENDS void credit_refuse(struct work *w, const struct credit *credit);
/* How much longer than usual its stock has to be held: 0, or as long as people may take to decide on it, and the buyer to pay then. */
int64_t credit_hold_us(const struct credit *credit);

#endif
