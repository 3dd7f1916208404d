/* POST /v1/waivers: forgives a part of a receivable, at once up to the policy's limit; over it somebody else decides. One unit: account and rows locked, then one statement. */
#include "base/uuid.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply create_waiver(struct request *rq, const struct create_waiver_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_schedule, .order_id = in->order_id));
    batch_add(batch, SQL(create_waiver, .id = uuid_new(w->arena), .order_id = in->order_id, .number = work_int(w, in->number), .part = in->part,
                         .amount = work_int(w, in->amount), .reason = in->reason, .by = w->identity.subject));
    if (!batch_run(batch))
        return reply_problem(rq);
    const struct row *row = batch_row(batch, 1);
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such receivable");
    return row ? reply_json(rq, 201, row_text(row, "body")) : reply_problem(rq);
}
