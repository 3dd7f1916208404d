/* Payment links: the token says which order of whom may be paid, and until when. Made by whoever sends them (collections), under the
 * key all services share (service/identity.h, purpose "payment-link"). */
#ifndef CUOTAS_BILLING_PAYMENT_LINK_H
#define CUOTAS_BILLING_PAYMENT_LINK_H

#include "base/work.h"

struct payment_link {
    struct slice order_id, customer_id;
    struct slice expires_at;      /* RFC 3339 */
};
/* False with not_found (not one of ours) or payment_link_expired recorded. */
bool payment_link_open(struct work *w, struct slice token, struct payment_link *out);

#endif
