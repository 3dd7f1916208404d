/* GET /v1/orders/{id}/schedule. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_order_schedule(struct request *rq, const struct get_order_schedule_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(get_order_schedule, .id = in->id, .version = in->has_version ? work_int(w, in->version) : SLICE_NONE));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
