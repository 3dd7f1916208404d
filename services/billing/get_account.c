/* GET /internal/orders/{id}/account: the books of one order, for what is computed from them. An order not heard of yet is looked for once.
 * Suspends in one statement, and in that. */
#include "bus/events.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

struct reply get_account(struct request *rq, const struct get_account_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_maybe(w, SQL(get_account, .order_id = in->id));
    if (!row && !work_failed(w) && bus_catch_up(w, "orders", NULL))
        row = db_maybe(w, SQL(get_account, .order_id = in->id));
    if (!row) {
        work_fail(w, &PROBLEM_not_found, "no such order");
        return reply_problem(rq);
    }
    return reply_ok(rq, row_text(row, "body"));
}
