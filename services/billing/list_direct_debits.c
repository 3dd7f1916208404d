/* GET /v1/direct-debits. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_direct_debits(struct request *rq, const struct list_direct_debits_in *in)
{
    struct work *w = &rq->work;
    struct slice after;   /* id */
    if (!page_cursor(w, in->cursor, "u", &after))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_direct_debits, .batch_id = in->batch_id, .order_id = in->order_id, .status = in->status, .limit = work_int(w, in->limit), .after_id = after));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
