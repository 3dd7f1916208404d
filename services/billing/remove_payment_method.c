/* DELETE /v1/payment-methods/{id}. Suspends in one statement; the provider is told by a job. */
#include "billing/evidence.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply remove_payment_method(struct request *rq, const struct remove_payment_method_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(remove_payment_method, .id = in->id, .by = evidence_who(&rq->work)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
