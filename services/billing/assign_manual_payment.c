/* POST /v1/manual-payments/{id}/assign: whose unapplied money is. One unit: it is locked, then account and rows, then one statement; last the invoice's number. */
#include "base/date.h"
#include "base/uuid.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply assign_manual_payment(struct request *rq, const struct assign_manual_payment_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_manual_payment, .id = in->id));
    batch_add(batch, SQL(lock_schedule, .order_id = in->order_id));
    batch_add(batch, SQL(assign_manual_payment, .id = in->id, .order_id = in->order_id, .zone = date_zone(), .by = w->identity.subject));
    batch_add(batch, SQL(issue_invoice, .id = uuid_new(w->arena), .payment_id = in->id));
    if (!batch_run(batch))
        return reply_problem(rq);
    const struct row *row = batch_row(batch, 2);
    if (!row)
        work_fail(w, &PROBLEM_not_found, "no such payment");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
