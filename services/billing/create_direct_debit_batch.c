/* POST /v1/direct-debit-batches: what is due in some days is collected from those who signed a mandate. One unit: accounts locked, then one statement. Suspends in it. */
#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

#define DAYS_MAX 366

static bool refuse(struct work *w, const char *pointer, const char *why)
{
    work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), "range", "%s", why);
    return false;
}

/* The decoder has seen that they are dates. */
static bool days_check(struct work *w, const struct create_direct_debit_batch_in *in)
{
    int32_t from = 0, to = 0, collect = 0;
    const int32_t today = date_of_time(clock_logical_us());
    if (!date_parse(in->from, &from) || !date_parse(in->to, &to) || to < from || to - from > DAYS_MAX)
        return refuse(w, "/to", "is before `from`, or more than a year after it");
    if (to > today + DAYS_MAX)
        return refuse(w, "/to", "is more than a year away");
    if (!slice_is_none(in->collect_from) && (!date_parse(in->collect_from, &collect) || collect <= today || collect > today + DAYS_MAX))
        return refuse(w, "/collect_from", "is not from tomorrow to a year from now");
    return true;
}

SUSPENDS struct reply create_direct_debit_batch(struct request *rq, const struct create_direct_debit_batch_in *in)
{
    struct work *w = &rq->work;
    if (!days_check(w, in))
        return reply_problem(rq);
    const struct slice id = uuid_new(w->arena);
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_debitable, .from = in->from, .to = in->to, .customer_id = in->customer_id));
    batch_add(batch, SQL(create_direct_debit_batch, .id = id, .from = in->from, .to = in->to, .customer_id = in->customer_id, .collect_from = in->collect_from,
                         .by = w->identity.subject));
    batch_add(batch, SQL(remember_direct_debit_batch, .id = id));
    return batch_run(batch) ? reply_created(rq, row_text(batch_row(batch, 2), "body")) : reply_problem(rq);
}
