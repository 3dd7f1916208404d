/* GET /v1/receivables: what is owed for an order, part by part, now or as it once was; somebody else's order is not there. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

struct reply list_receivables(struct request *rq, const struct list_receivables_in *in)
{
    struct work *w = &rq->work;
    const bool now = slice_is_none(in->as_of) && slice_is_none(in->known_at);
    const struct row *row = now ? db_maybe(w, SQL(list_receivables, .order_id = in->order_id))
                                : db_maybe(w, SQL(list_receivables_as_of, .order_id = in->order_id, .as_of = in->as_of, .known_at = in->known_at));
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such order");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
