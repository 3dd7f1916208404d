/* What is said of the merchant at start (README, configuration). */
#ifndef CUOTAS_ORDERS_MERCHANT_H
#define CUOTAS_ORDERS_MERCHANT_H

#include "base/work.h"
#include "service/merchant.h"

void merchant_configure(void);
/* Customers and guests stand in public channels; who says another is of the staff or a service, else a fault at `pointer` is recorded. */
bool merchant_admits_channel(struct work *w, struct slice channel, struct slice pointer);
/* How many computed changes of a contract may wait, of its customer and of the shop, and how often its customer may change it in 30 days. */
struct merchant_limits {
    int64_t changes_open, changes_a_month;
};
const struct merchant_limits *merchant_limits(void);

#endif
