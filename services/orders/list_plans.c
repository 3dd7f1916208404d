/* GET /v1/plans. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_plans(struct request *rq, const struct list_plans_in *in)
{
    struct work *w = &rq->work;
    struct slice after[2];
    if (!page_cursor(w, in->cursor, "iu", after))
        return reply_problem(rq);
    const struct slice active = in->has_active ? (in->active ? SLICE("true") : SLICE("false")) : SLICE_NONE;
    const struct row *row = db_one(w, SQL(list_plans, .active = active, .after_position = after[0], .after_id = after[1], .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
