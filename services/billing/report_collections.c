/* GET /v1/reports/collections: what was due and what was collected. Suspends in one statement. */
#include "billing/report.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply report_collections(struct request *rq, const struct report_collections_in *in)
{
    struct report_days days;
    if (!report_days(&rq->work, in->from, in->to, false, &days))
        return reply_problem(rq);
    const struct row *row = db_one(&rq->work, SQL(report_collections, .from = days.from, .to = days.to, .by = in->by, .currency = in->currency));
    return report_reply(rq, row, in->format, "collections", SLICE("period,currency,due,due_paid,due_outstanding,collected,charged"));
}
