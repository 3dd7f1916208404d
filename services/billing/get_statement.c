/* GET /v1/customers/{id}/statement. Customers have one statement, their own. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/page.h"

struct reply get_statement(struct request *rq, const struct get_statement_in *in)
{
    struct work *w = &rq->work;
    struct slice after, owner = work_owner(w);
    int64_t position;
    if (!slice_is_none(owner) && !slice_equals_nocase(owner, in->id))
        work_fail(w, &PROBLEM_not_found, "no such customer");
    else if (page_cursor(w, in->cursor, &after, 1) && !slice_is_none(after) && !slice_to_int64(after, &position))
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:cursor"), "format", "is not a cursor given by this operation");
    if (work_failed(w))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(get_statement, .customer_id = in->id, .after = after, .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
