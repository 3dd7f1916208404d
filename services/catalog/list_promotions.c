/* GET /v1/promotions. One statement. */
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_promotions(struct request *rq, const struct list_promotions_in *in)
{
    struct work *w = &rq->work;
    struct slice after;
    if (!page_cursor(w, in->cursor, "u", &after))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_promotions, .after = after, .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
