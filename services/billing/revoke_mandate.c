/* POST /v1/payment-methods/{id}/mandate/revoke. Suspends in one statement. */
#include "billing/evidence.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply revoke_mandate(struct request *rq, const struct revoke_mandate_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(revoke_mandate, .id = in->id, .by = evidence_who(w)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
