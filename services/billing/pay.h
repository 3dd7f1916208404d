/* Starting a payment that somebody asked for. */
#ifndef CUOTAS_BILLING_PAY_H
#define CUOTAS_BILLING_PAY_H

#include "gen/billing/api.h"

struct pay {
    struct slice order_id;
    struct slice customer_id;     /* whose order it must be; none: the caller's own, or anybody's for staff */
    const char *source;           /* checkout, link */
    bool has_amount;
    int64_t amount;
    const struct payment_method_input *method;
    bool saved_methods;           /* the token may be the id of a saved method */
};
/* 201 with the payment, or the problem. Checks the token. An order not heard of yet is looked for once. */
SUSPENDS struct reply pay_start(struct request *rq, const struct pay *pay);

#endif
