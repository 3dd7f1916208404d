/* GET /v1/collections/cases: a page, newest first. One statement. */
#include "gen/collections/api.h"
#include "gen/collections/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_cases(struct request *rq, const struct list_cases_in *in)
{
    struct work *w = &rq->work;
    struct slice after_id;
    if (!page_cursor(w, in->cursor, "u", &after_id))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_cases, .status = in->status, .customer_id = in->customer_id,
                                          .order_id = in->order_id, .after_id = after_id, .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
