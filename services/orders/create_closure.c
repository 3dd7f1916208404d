/* POST /v1/closures. One statement. */
#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "closures.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"

static void check(struct work *w, const struct create_closure_in *in)
{
    int32_t to;
    if (!slice_is_none(in->calendar) && !calendar_find(in->calendar))
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/calendar"), "unknown", "there is no such calendar");
    if (!closure_valid(&(struct simulation_closure){ .from = in->from, .to = in->to }))
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/to"), "range", "must be from the first day on, less than %d days later", CLOSURE_DAYS_MAX);
    else if (date_parse(in->to, &to) && to < date_of_time(clock_logical_us()))
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/to"), "range", "is over: dates that were agreed do not move");
}

SUSPENDS struct reply create_closure(struct request *rq, const struct create_closure_in *in)
{
    struct work *w = &rq->work;
    check(w, in);
    if (work_failed(w))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(create_closure, .id = uuid_new(w->arena), .calendar = in->calendar, .from = in->from, .to = in->to, .reason = in->reason,
                                          .by = w->identity.subject));
    return row ? reply_json(rq, 201, row_text(row, "body")) : reply_problem(rq);
}
