/* POST /v1/terms/{version}/publish: a draft becomes terms, in force from today or a day to come: nothing was accepted on other
 * terms than were in force. One statement. */
#include "base/clock.h"
#include "base/date.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"

SUSPENDS struct reply publish_terms(struct request *rq, const struct publish_terms_in *in)
{
    struct work *w = &rq->work;
    int32_t from;
    if (!date_parse(in->in_force_from, &from) || from < date_of_time(clock_logical_us())) {
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/in_force_from"), "range", "must not be before today");
        return reply_problem(rq);
    }
    const struct row *row = db_one(w, SQL(publish_terms, .version = in->version, .in_force_from = in->in_force_from, .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
