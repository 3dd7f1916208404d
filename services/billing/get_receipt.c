/* GET /v1/payments/{id}/receipt. Suspends in one statement and a call to crm. */
#include "billing/invoice.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply get_receipt(struct request *rq, const struct get_receipt_in *in)
{
    struct work *w = &rq->work;
    struct invoice_parties of;
    const struct row *row = db_one(w, SQL(get_receipt, .id = in->id));
    if (!row || !invoice_parties(w, row_text(row, "customer_id"), &of))
        return reply_problem(rq);
    return reply_ok(rq, arena_printf(w->arena, "%.*s, \"seller\": %.*s, \"payer\": %.*s}", SLICE_FMT(row_text(row, "open_body")), SLICE_FMT(of.seller), SLICE_FMT(of.buyer)));
}
