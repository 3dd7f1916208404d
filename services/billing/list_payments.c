/* GET /v1/payments: an order's payments; somebody else's order has none. Suspends in one statement. */
#include "billing/list_page.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply list_payments(struct request *rq, const struct list_payments_in *in)
{
    struct work *w = &rq->work;
    struct list_position from;
    if (!list_position_read(w, in->cursor, &from))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_payments, .order_id = in->order_id, .limit = work_int(w, in->limit), .before_at = from.at,
                                          .before_id = from.id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
