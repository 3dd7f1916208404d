/* GET /v1/direct-debit-batches. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_direct_debit_batches(struct request *rq, const struct list_direct_debit_batches_in *in)
{
    struct work *w = &rq->work;
    struct slice from[2];   /* time, id */
    if (!page_cursor(w, in->cursor, "au", from))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_direct_debit_batches, .limit = work_int(w, in->limit), .before_at = from[0], .before_id = from[1]));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
