/* GET /v1/reports/revenue: what was earned. Suspends in one statement. */
#include "billing/report.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply report_revenue(struct request *rq, const struct report_revenue_in *in)
{
    struct report_days days;
    if (!report_days(&rq->work, in->from, in->to, false, &days))
        return reply_problem(rq);
    const struct row *row = db_one(&rq->work, SQL(report_revenue, .from = days.from, .to = days.to, .by = in->by, .currency = in->currency));
    return report_reply(rq, row, in->format, "revenue", SLICE("period,currency,sales,returns,interest,fees,penalties,net"));
}
