/* GET /v1/credit-refusals. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_credit_refusals(struct request *rq, const struct list_credit_refusals_in *in)
{
    struct work *w = &rq->work;
    struct slice after;
    if (!page_cursor(w, in->cursor, "u", &after))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_credit_refusals, .customer_id = in->customer_id, .after = after, .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
