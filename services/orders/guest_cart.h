/* Carts of people who have not logged in: the token names the cart, and having it is all it takes. */
#ifndef CUOTAS_ORDERS_GUEST_CART_H
#define CUOTAS_ORDERS_GUEST_CART_H

#include "base/work.h"

struct slice guest_cart_token(struct arena *arena, struct slice cart_id);
/* The cart's id; none, with not_found recorded, when it is not a token of ours. */
struct slice guest_cart_open(struct work *w, struct slice token);

#endif
