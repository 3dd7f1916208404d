/* POST /v1/refunds/{id}/pay-out: the shop has given the money back itself. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply pay_out_refund(struct request *rq, const struct pay_out_refund_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(pay_out_refund, .id = in->id, .method = in->method, .reference = in->reference, .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
