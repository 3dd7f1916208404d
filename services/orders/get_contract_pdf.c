/* GET /v1/contracts/{id}/document.pdf: the same, printed. */
#include "contract_document.h"
#include "gen/orders/api.h"

SUSPENDS struct reply get_contract_pdf(struct request *rq, const struct get_contract_pdf_in *in)
{
    struct work *w = &rq->work;
    struct contract_document document;
    const struct slice version = in->has_version ? work_int(w, in->version) : SLICE_NONE;
    return contract_document_pdf(w, in->id, version, &document) ? contract_document_reply(rq, &document) : reply_problem(rq);
}
