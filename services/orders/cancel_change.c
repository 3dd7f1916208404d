/* POST /v1/contracts/{id}/changes/{change_id}/cancel: what was computed is not wanted. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/version.h"

SUSPENDS struct reply cancel_change(struct request *rq, const struct cancel_change_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(change_to_confirm, .contract_id = in->id, .id = in->change_id));
    if (!row || !version_is(w, in->if_match, row_int(row, "version")))
        return reply_problem(rq);
    const struct row *canceled = db_one(w, SQL(cancel_change, .id = in->change_id, .version = row_text(row, "version")));
    return canceled ? reply_ok(rq, row_text(canceled, "body")) : reply_problem(rq);
}
