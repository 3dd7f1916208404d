/* POST /v1/bank-lines/{id}/ignore. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

SUSPENDS struct reply ignore_bank_line(struct request *rq, const struct ignore_bank_line_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(ignore_bank_line, .id = in->id, .reason = in->reason, .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
