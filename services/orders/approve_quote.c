/* POST /v1/quotes/{id}/approve. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply approve_quote(struct request *rq, const struct approve_quote_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(approve_quote, .id = in->id, .version = work_int(w, in->version), .reason = in->reason, .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
