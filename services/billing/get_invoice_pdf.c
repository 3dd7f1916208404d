/* GET /v1/invoices/{id}/document.pdf: what it says, printed; the same each time. Suspends as invoice_document and pdf_make do. */
#include "billing/invoice.h"
#include "billing/invoice_pdf.h"
#include "gen/billing/api.h"
#include "wire/json.h"

SUSPENDS struct reply get_invoice_pdf(struct request *rq, const struct get_invoice_pdf_in *in)
{
    struct work *w = &rq->work;
    const struct slice document = invoice_document(w, in->id);
    const struct slice pdf = slice_is_none(document) ? SLICE_NONE : invoice_pdf(w, document);
    if (slice_is_none(pdf))
        return reply_problem(rq);
    struct reply reply = reply_ok(rq, pdf);
    reply.content_type = "application/pdf";
    const struct slice number = json_member_text(json_parse(w->arena, document, NULL, NULL), "number");
    reply_header(rq, &reply, "Content-Disposition", arena_printf(w->arena, "attachment; filename=\"%.*s.pdf\"", SLICE_FMT(number)));
    reply_header(rq, &reply, "X-Content-Type-Options", SLICE("nosniff"));
    return reply;
}
