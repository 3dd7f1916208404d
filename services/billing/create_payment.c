/* POST /v1/payments: starts paying for an order. Suspends in one unit. */
#include "billing/pay.h"

struct reply create_payment(struct request *rq, const struct create_payment_in *in)
{
    return pay_start(rq, &(struct pay){ .order_id = in->order_id, .source = "checkout", .has_amount = in->has_amount, .amount = in->amount,
                                        .method = in->payment_method, .saved_methods = true });
}
