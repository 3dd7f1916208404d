/* GET /v1/reports/write-offs: what was given up, and what came back of it. Suspends in one statement. */
#include "billing/report.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply report_write_offs(struct request *rq, const struct report_write_offs_in *in)
{
    struct report_days days;
    if (!report_days(&rq->work, in->from, in->to, false, &days))
        return reply_problem(rq);
    const struct row *row = db_one(&rq->work, SQL(report_write_offs, .from = days.from, .to = days.to, .by = in->by, .currency = in->currency));
    return report_reply(rq, row, in->format, "write-offs", SLICE("period,currency,written_off,waived,recovered,net"));
}
