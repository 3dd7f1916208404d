/* GET /v1/autopay/plan/charges. Suspends in one statement. */
#include "billing/autopay.h"
#include "billing/provider.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "service/page.h"

struct reply list_autopay_charges(struct request *rq, const struct list_autopay_charges_in *in)
{
    struct work *w = &rq->work;
    struct slice date, after[3];   /* day, order, number */
    if (!autopay_day(w, in->date, &date) || !page_cursor(w, in->cursor, "dui", after))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_autopay_charges, .date = date, .currencies = provider_currencies(w->arena), .limit = work_int(w, in->limit), .after_date = after[0], .after_order = after[1],
                                          .after_number = after[2]));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
