/* GET /v1/notifications: a page, newest first; customers see their own. One statement. */
#include "gen/notifications/api.h"
#include "gen/notifications/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_notifications(struct request *rq, const struct list_notifications_in *in)
{
    struct work *w = &rq->work;
    struct slice after_id;
    if (!page_cursor(w, in->cursor, "u", &after_id))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_notifications, .customer_id = in->customer_id, .template = in->template,
                                          .after_id = after_id, .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
