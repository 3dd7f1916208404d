/* GET /v1/receivables: what is owed for an order, part by part; somebody else's order is not there. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

struct reply list_receivables(struct request *rq, const struct list_receivables_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_maybe(w, SQL(list_receivables, .order_id = in->order_id));
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such order");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
