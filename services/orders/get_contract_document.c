/* GET /v1/contracts/{id}/document: the text of the contract. */
#include "contract_document.h"
#include "gen/orders/api.h"

SUSPENDS struct reply get_contract_document(struct request *rq, const struct get_contract_document_in *in)
{
    struct work *w = &rq->work;
    struct contract_document document;
    const struct slice version = in->has_version ? work_int(w, in->version) : SLICE_NONE;
    return contract_document_text(w, in->id, version, &document) ? contract_document_reply(rq, &document) : reply_problem(rq);
}
