/* GET /v1/legal-rates. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_legal_rates(struct request *rq, const struct list_legal_rates_in *in)
{
    struct work *w = &rq->work;
    struct slice after[2];
    if (!page_cursor(w, in->cursor, "ud", after))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_legal_rates, .country = in->country, .after_id = after[0], .after_day = after[1], .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
