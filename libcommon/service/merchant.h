/* The shop, as its documents name it and as the law sees it; said at start (README, configuration). */
#ifndef CUOTAS_SERVICE_MERCHANT_H
#define CUOTAS_SERVICE_MERCHANT_H

#include "base/slice.h"

/* Of a service that asks for any of it: from its `configure`. */
void merchant_party_configure(void);
/* ISO 3166: whose law it sells under. */
struct slice merchant_country(void);
/* The seller; what was not said is none. */
struct merchant_party {
    struct slice name, tax_id, address, contact;
};
const struct merchant_party *merchant_party(void);

#endif
