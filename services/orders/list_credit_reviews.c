/* GET /v1/credit-reviews. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_credit_reviews(struct request *rq, const struct list_credit_reviews_in *in)
{
    struct work *w = &rq->work;
    struct slice after;
    if (!page_cursor(w, in->cursor, "u", &after))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_credit_reviews, .status = in->status, .after = after, .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
