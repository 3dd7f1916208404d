/* GET /v1/invoices/{id}: JSON, or UBL where the request accepts XML. Suspends as invoice_document does. */
#include "billing/invoice.h"
#include "billing/ubl.h"
#include "gen/billing/api.h"

SUSPENDS struct reply get_invoice(struct request *rq, const struct get_invoice_in *in)
{
    struct work *w = &rq->work;
    const struct slice document = invoice_document(w, in->id), accept = request_header(rq, "accept");
    if (slice_is_none(document))
        return reply_problem(rq);
    const bool xml = !slice_is_none(accept) && memmem(accept.data, accept.size, "application/xml", strlen("application/xml"));
    struct reply reply = reply_ok(rq, xml ? ubl_document(w->arena, document) : document);
    if (xml)
        reply.content_type = "application/xml";
    return reply;
}
