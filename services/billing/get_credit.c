/* GET /v1/customers/{id}/credit: what is owed to a customer, and the entries behind it. Customers see their own. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/page.h"

struct reply get_credit(struct request *rq, const struct get_credit_in *in)
{
    struct work *w = &rq->work;
    struct slice before, owner = work_owner(w);   /* position */
    if (page_cursor(w, in->cursor, "i", &before) && !slice_is_none(owner) && !slice_equals_nocase(owner, in->id))
        work_fail(w, &PROBLEM_not_found, "no such customer");
    if (work_failed(w))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(get_credit, .customer_id = in->id, .before = before, .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
