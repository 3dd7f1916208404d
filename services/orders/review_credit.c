/* POST /v1/orders/{id}/credit-review: what one of the staff says of an order that waits for it. One unit: the order is locked first, so of two who speak at once the
 * second is counted with the first. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply review_credit(struct request *rq, const struct review_credit_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_order, .order_id = in->id));
    batch_add(batch, SQL(review_credit, .order_id = in->id, .by = w->identity.subject, .decision = in->decision, .reason = in->reason));
    return batch_run(batch) ? reply_ok(rq, row_text(batch_row(batch, 1), "body")) : reply_problem(rq);
}
