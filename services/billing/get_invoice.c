/* GET /v1/invoices/{id}. Suspends as invoice_document does. */
#include "billing/invoice.h"
#include "gen/billing/api.h"

SUSPENDS struct reply get_invoice(struct request *rq, const struct get_invoice_in *in)
{
    const struct slice document = invoice_document(&rq->work, in->id);
    return slice_is_none(document) ? reply_problem(rq) : reply_ok(rq, document);
}
