/* GET /v1/collections/cases: a page, newest first. One statement, chosen so that each walks one index in its own order. */
#include "gen/collections/api.h"
#include "gen/collections/sql.h"
#include "service/page.h"

static SUSPENDS const struct row *page(struct work *w, const struct list_cases_in *in)
{
    struct slice after_id;
    if (!page_cursor(w, in->cursor, "u", &after_id))
        return NULL;
    const struct slice limit = work_int(w, in->limit);
    if (!slice_is_none(in->order_id))
        return db_one(w, SQL(list_cases_order, .order_id = in->order_id, .customer_id = in->customer_id, .status = in->status,
                             .after_id = after_id, .limit = limit));
    if (!slice_is_none(in->customer_id))
        return db_one(w, SQL(list_cases_customer, .customer_id = in->customer_id, .status = in->status, .after_id = after_id, .limit = limit));
    if (!slice_is_none(in->status))
        return db_one(w, SQL(list_cases_status, .status = in->status, .after_id = after_id, .limit = limit));
    return db_one(w, SQL(list_cases, .after_id = after_id, .limit = limit));
}

SUSPENDS struct reply list_cases(struct request *rq, const struct list_cases_in *in)
{
    const struct row *row = page(&rq->work, in);
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
