/* GET /v1/reports/aging: what is owed, by how long it is due. Suspends in one statement. */
#include "billing/report.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply report_aging(struct request *rq, const struct report_aging_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(report_aging, .currency = in->currency));
    return report_reply(rq, row, in->format, "aging", SLICE("currency,current,days_1_30,days_31_60,days_61_90,days_91_120,days_over_120,total,receivable"));
}
