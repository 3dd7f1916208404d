/* GET /v1/payment-methods: a customer's own, or for staff those of the customer they name. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/page.h"

static bool whose(struct work *w, struct slice asked, struct slice *customer_id)
{
    struct slice owner = work_owner(w);
    *customer_id = slice_is_none(owner) ? asked : owner;
    if (slice_is_none(*customer_id))
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:customer_id"), "required", "say whose methods to list");
    else if (!slice_is_none(asked) && !slice_equals_nocase(asked, *customer_id))
        work_fail(w, &PROBLEM_not_found, "no such customer");
    return !work_failed(w);
}

struct reply list_payment_methods(struct request *rq, const struct list_payment_methods_in *in)
{
    struct work *w = &rq->work;
    struct slice customer_id;
    struct slice from[2];   /* time, id */
    if (!whose(w, in->customer_id, &customer_id) || !page_cursor(w, in->cursor, "au", from))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_payment_methods, .customer_id = customer_id, .limit = work_int(w, in->limit),
                                          .before_at = from[0], .before_id = from[1]));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
