/* POST /v1/waivers/{id}/decision: the second pair of eyes. One unit: account and rows locked, then one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply decide_waiver(struct request *rq, const struct decide_waiver_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_waiver, .id = in->id));
    batch_add(batch, SQL(decide_waiver, .id = in->id, .approved = slice_equals_text(in->decision, "approve") ? SLICE("true") : SLICE("false"),
                         .reason = in->reason, .by = w->identity.subject));
    if (!batch_run(batch))
        return reply_problem(rq);
    const struct row *row = batch_row(batch, 1);
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such waiver");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
