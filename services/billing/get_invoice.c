/* GET /v1/invoices/{id}: JSON, or UBL where Accept names XML first. Suspends as invoice_document does. */
#include "billing/invoice.h"
#include "billing/ubl.h"
#include "gen/billing/api.h"

SUSPENDS struct reply get_invoice(struct request *rq, const struct get_invoice_in *in)
{
    struct work *w = &rq->work;
    static const char *const kinds[] = { "application/json", "application/xml" };
    const struct slice document = invoice_document(w, in->id);
    if (slice_is_none(document))
        return reply_problem(rq);
    const bool xml = request_accepted(rq, kinds, sizeof kinds / sizeof *kinds) == 1;
    struct reply reply = reply_ok(rq, xml ? ubl_document(w->arena, document) : document);
    if (xml)
        reply.content_type = "application/xml";
    return reply;
}
