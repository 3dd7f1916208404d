/* GET /v1/contracts/{id}/changes/{change_id}: a change after the sale, as it was shown, and how far it is. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_change(struct request *rq, const struct get_change_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_change, .contract_id = in->id, .id = in->change_id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
