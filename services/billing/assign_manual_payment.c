/* POST /v1/manual-payments/{id}/assign: whose unapplied money is. One unit: it is locked, then account and rows, then one statement; last the invoice's number. Suspends in it, and in fetching
 * what orders has committed when the order is not known yet. */
#include "base/date.h"
#include "base/uuid.h"
#include "bus/events.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

static SUSPENDS const struct row *assign(struct work *w, const struct assign_manual_payment_in *in)
{
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_manual_payment, .id = in->id));
    batch_add(batch, SQL(lock_schedule, .order_id = in->order_id));
    batch_add(batch, SQL(assign_manual_payment, .id = in->id, .order_id = in->order_id, .zone = date_zone(), .by = w->identity.subject));
    batch_add(batch, SQL(issue_invoice, .id = uuid_new(w->arena), .payment_id = in->id));
    if (!batch_run(batch))
        return NULL;
    const struct row *row = batch_row(batch, 2);
    return row ? row : work_fail(w, &PROBLEM_not_found, "no such payment");
}

SUSPENDS struct reply assign_manual_payment(struct request *rq, const struct assign_manual_payment_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = assign(w, in);
    if (!row && w->failure.problem == &PROBLEM_not_found) {
        w->failure = (struct failure){ 0 };
        row = bus_catch_up(w, "orders", NULL) ? assign(w, in) : NULL;
    }
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
