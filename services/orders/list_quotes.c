/* GET /v1/quotes. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_quotes(struct request *rq, const struct list_quotes_in *in)
{
    struct work *w = &rq->work;
    struct slice after;
    if (!page_cursor(w, in->cursor, "u", &after))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_quotes, .customer_id = in->customer_id, .after = after, .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
