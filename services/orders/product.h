/* A product as the catalog tells it. */
#ifndef CUOTAS_ORDERS_PRODUCT_H
#define CUOTAS_ORDERS_PRODUCT_H

#include "base/result.h"
#include "base/work.h"

struct product {
    struct slice id, sku, name, kind, category, currency;   /* category may be none */
    int64_t price;
    bool for_sale;
};

/* Asks the catalog. NULL with the failure: not_found when there is none, unavailable when the catalog is away. */
SUSPENDS const struct product *product_fetch(struct work *w, struct slice id);

#endif
