/* POST /internal/orders/{id}/close: orders asks before it lets an unpaid order expire. One unit, so a payment starts before or finds
 * it closed. An order not heard of yet is looked for once. */
#include "bus/events.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

static SUSPENDS const struct row *try_close(struct work *w, struct slice order_id)
{
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_order, .order_id = order_id));
    batch_add(batch, SQL(close_order, .order_id = order_id));
    if (!batch_run(batch))
        return NULL;
    return batch_row(batch, 1);
}

struct reply close_order(struct request *rq, const struct close_order_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = try_close(w, in->id);
    if (!row && !work_failed(w) && bus_catch_up(w, "orders", NULL))
        row = try_close(w, in->id);
    if (!row) {
        work_fail(w, &PROBLEM_not_found, "no such order");
        return reply_problem(rq);
    }
    return reply_ok(rq, row_text(row, "body"));
}
