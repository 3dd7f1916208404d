/* POST /v1/bank-lines/{id}/match: somebody says whose a line is. Again it answers the same. Suspends in it. */
#include "billing/bank_match.h"
#include "gen/billing/api.h"

SUSPENDS struct reply match_bank_line(struct request *rq, const struct match_bank_line_in *in)
{
    const struct bank_match match = { .line_id = in->id, .order_id = in->order_id, .by = rq->work.identity.subject };
    const struct row *row = bank_match(&rq->work, &match);
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
