/* What is said of the merchant at start (README, configuration). */
#ifndef CUOTAS_ORDERS_MERCHANT_H
#define CUOTAS_ORDERS_MERCHANT_H

#include "base/work.h"

void merchant_configure(void);
/* Customers and guests stand in public channels; who says another is of the staff or a service, else a fault at `pointer` is recorded. */
bool merchant_admits_channel(struct work *w, struct slice channel, struct slice pointer);
/* ISO 3166: whose law it sells under. */
struct slice merchant_country(void);
/* The seller in its contracts; what was not said is none. */
struct merchant_party {
    struct slice name, tax_id, address, contact;
};
const struct merchant_party *merchant_party(void);

/* How many computed changes of a contract may wait, of its customer and of the shop, and how often its customer may change it in 30 days. */
struct merchant_limits {
    int64_t changes_open, changes_a_month;
};
const struct merchant_limits *merchant_limits(void);

#endif
