/* POST /v1/sepa-mandates/{id}/revive: what the bank refused for good was a mistake. Again it answers the same. Suspends in one unit. */
#include "base/uuid.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply revive_sepa_mandate(struct request *rq, const struct revive_sepa_mandate_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(revive_sepa_mandate, .id = in->id, .revival_id = uuid_new(w->arena), .reason = in->reason, .by = w->identity.subject));
    batch_add(batch, SQL(get_sepa_mandate, .id = in->id));
    const struct row *row = batch_run(batch) ? batch_row(batch, 1) : NULL;
    if (!row && !work_failed(w))
        work_fail(w, &PROBLEM_not_found, "no such mandate");
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
