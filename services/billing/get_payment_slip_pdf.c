/* GET /v1/payment-slips/{order_id}/document.pdf: what it says, printed. Suspends as payment_slip and pdf_make do. */
#include "billing/payment_slip.h"
#include "gen/billing/api.h"

SUSPENDS struct reply get_payment_slip_pdf(struct request *rq, const struct get_payment_slip_pdf_in *in)
{
    struct work *w = &rq->work;
    const struct slice slip = payment_slip(w, in->order_id, in->has_through, in->through);
    const struct slice pdf = slice_is_none(slip) ? SLICE_NONE : payment_slip_pdf(w, slip, slice_equals_text(in->language, "es"));
    if (slice_is_none(pdf))
        return reply_problem(rq);
    struct reply reply = reply_ok(rq, pdf);
    reply.content_type = "application/pdf";
    reply_header(rq, &reply, "Content-Disposition", SLICE("attachment; filename=\"payment-slip.pdf\""));
    reply_header(rq, &reply, "X-Content-Type-Options", SLICE("nosniff"));
    return reply;
}
