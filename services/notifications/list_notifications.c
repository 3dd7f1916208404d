/* GET /v1/notifications: a page, newest first; customers see their own. One statement, chosen so that each walks one index in its own
 * order. */
#include "gen/notifications/api.h"
#include "gen/notifications/sql.h"
#include "service/page.h"

static SUSPENDS const struct row *page(struct work *w, const struct list_notifications_in *in)
{
    struct slice after_id;
    if (!page_cursor(w, in->cursor, "u", &after_id))
        return NULL;
    const struct slice limit = work_int(w, in->limit), owner = work_owner(w);
    const struct slice customer = slice_is_none(in->customer_id) ? owner : in->customer_id;
    if (!slice_is_none(customer))
        return db_one(w, SQL(list_notifications_customer, .customer_id = customer, .template = in->template, .after_id = after_id, .limit = limit));
    if (!slice_is_none(in->template))
        return db_one(w, SQL(list_notifications_template, .template = in->template, .after_id = after_id, .limit = limit));
    return db_one(w, SQL(list_notifications, .after_id = after_id, .limit = limit));
}

SUSPENDS struct reply list_notifications(struct request *rq, const struct list_notifications_in *in)
{
    const struct row *row = page(&rq->work, in);
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
