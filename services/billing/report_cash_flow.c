/* GET /v1/reports/cash-flow: what is to come in. Suspends in one statement. */
#include "billing/report.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply report_cash_flow(struct request *rq, const struct report_cash_flow_in *in)
{
    struct report_days days;
    if (!report_days(&rq->work, in->from, in->to, true, &days))
        return reply_problem(rq);
    const struct row *row = db_one(&rq->work, SQL(report_cash_flow, .from = days.from, .to = days.to, .by = in->by, .currency = in->currency));
    return report_reply(rq, row, in->format, "cash-flow", SLICE("period,currency,due,installments"));
}
