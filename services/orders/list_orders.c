/* GET /v1/orders: newest first. One statement, chosen so that each walks one index in its own order. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/page.h"

static SUSPENDS const struct row *page(struct work *w, const struct list_orders_in *in)
{
    struct slice after;
    if (!page_cursor(w, in->cursor, "u", &after))
        return NULL;
    const struct slice limit = work_int(w, in->limit), owner = work_owner(w);
    const struct slice customer = slice_is_none(in->customer_id) ? owner : in->customer_id;
    if (slice_is_none(customer) && slice_is_none(in->status))
        return db_one(w, SQL(list_orders, .after = after, .limit = limit));
    if (slice_is_none(customer))
        return db_one(w, SQL(list_orders_status, .status = in->status, .after = after, .limit = limit));
    if (slice_is_none(in->status))
        return db_one(w, SQL(list_orders_customer, .customer_id = customer, .after = after, .limit = limit));
    return db_one(w, SQL(list_orders_customer_status, .customer_id = customer, .status = in->status, .after = after, .limit = limit));
}

SUSPENDS struct reply list_orders(struct request *rq, const struct list_orders_in *in)
{
    const struct row *row = page(&rq->work, in);
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
