/* A product on its way into a cart. */
#ifndef CUOTAS_ORDERS_CART_PRODUCT_H
#define CUOTAS_ORDERS_CART_PRODUCT_H

#include "product.h"

/* The product, or product_not_found at `pointer` when there is none or it is not for sale. */
SUSPENDS const struct product *cart_product(struct work *w, struct slice id, struct slice pointer);
/* As the functions of the database that change carts take it. */
struct slice cart_product_json(struct arena *arena, const struct product *product);

#endif
