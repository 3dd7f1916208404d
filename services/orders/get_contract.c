/* GET /v1/contracts/{id}. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_contract(struct request *rq, const struct get_contract_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_contract, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
