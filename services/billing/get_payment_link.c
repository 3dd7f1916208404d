/* GET /v1/payment-links/{token}: what the holder of a link can pay. Public: the link is the key. Suspends in one statement. */
#include "billing/payment_link.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply get_payment_link(struct request *rq, const struct get_payment_link_in *in)
{
    struct work *w = &rq->work;
    struct payment_link link;
    if (!payment_link_open(w, in->token, &link))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(get_payment_link, .order_id = link.order_id, .customer_id = link.customer_id,
                                          .expires_at = link.expires_at));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
