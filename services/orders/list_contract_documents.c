/* GET /v1/contracts/{id}/documents. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply list_contract_documents(struct request *rq, const struct list_contract_documents_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(list_contract_documents, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
