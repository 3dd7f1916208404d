/* GET /v1/customers/{id}/timeline: a page, newest first. One statement. */
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "service/page.h"

SUSPENDS struct reply get_timeline(struct request *rq, const struct get_timeline_in *in)
{
    struct work *w = &rq->work;
    struct slice after[2];   /* at, id */
    if (!page_cursor(w, in->cursor, "au", after))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(get_timeline, .id = in->id, .after_at = after[0], .after_id = after[1],
                                          .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
