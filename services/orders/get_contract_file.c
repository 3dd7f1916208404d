/* GET /v1/contracts/{id}/documents/{document_id}: the bytes, as they were kept. One statement. */
#include "contract_document.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_contract_file(struct request *rq, const struct get_contract_file_in *in)
{
    struct contract_document document;
    const struct row *row = db_one(&rq->work, SQL(get_contract_file, .id = in->id, .document_id = in->document_id));
    if (!row)
        return reply_problem(rq);
    contract_document_read(rq->work.arena, row, &document);
    return contract_document_reply(rq, &document);
}
