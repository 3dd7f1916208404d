/* GET /v1/bank-lines. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_bank_lines(struct request *rq, const struct list_bank_lines_in *in)
{
    struct work *w = &rq->work;
    struct slice from[2];   /* day, id */
    if (!page_cursor(w, in->cursor, "du", from))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_bank_lines, .status = in->status, .direction = in->direction, .statement_id = in->statement_id,
                                          .limit = work_int(w, in->limit), .before_on = from[0], .before_id = from[1]));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
