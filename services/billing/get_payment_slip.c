/* GET /v1/payment-slips/{order_id}. Suspends in one statement. */
#include "billing/payment_slip.h"
#include "gen/billing/api.h"

SUSPENDS struct reply get_payment_slip(struct request *rq, const struct get_payment_slip_in *in)
{
    const struct slice slip = payment_slip(&rq->work, in->order_id, in->has_through, in->through);
    return slice_is_none(slip) ? reply_problem(rq) : reply_ok(rq, slip);
}
