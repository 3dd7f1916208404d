/* POST /v1/payment-links/{token}: pays what the link is about. Public: whoever has the link may pay, and learns nothing more. Saved methods
 * are their owner's to use, so tokens only. Suspends in one unit. */
#include "billing/pay.h"
#include "billing/payment_link.h"
#include "gen/problems.h"

struct reply pay_payment_link(struct request *rq, const struct pay_payment_link_in *in)
{
    struct payment_link link;
    if (in->payment_method->save) {
        work_fail_field(&rq->work, &PROBLEM_validation_failed, SLICE("/payment_method/save"), "not_allowed", "only the customer keeps a method, and not by a link");
        return reply_problem(rq);
    }
    if (!payment_link_open(&rq->work, in->token, &link))
        return reply_problem(rq);
    return pay_start(rq, &(struct pay){ .order_id = link.order_id, .customer_id = link.customer_id, .source = "link",
                                        .has_amount = in->has_amount, .amount = in->amount, .method = in->payment_method });
}
