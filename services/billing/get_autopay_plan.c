/* GET /v1/autopay/plan. Suspends in one statement. */
#include "billing/autopay.h"
#include "billing/provider.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply get_autopay_plan(struct request *rq, const struct get_autopay_plan_in *in)
{
    struct work *w = &rq->work;
    struct slice date;
    const struct row *row = autopay_day(w, in->date, &date) ? db_one(w, SQL(get_autopay_plan, .date = date, .currencies = provider_currencies(w->arena))) : NULL;
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
