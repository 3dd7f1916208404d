/* POST /v1/test-clock/advance: lets days pass one by one. Interrupted, the services may stand on different days; the next advance
 * starts from the farthest of them and brings all there first. One advance at a time. */
#include "gen/gateway/api.h"
#include "gen/problems.h"
#include "io/co.h"
#include "test_clock.h"

#define DAY_S 86400

static struct co_lock advancing;

static SUSPENDS bool advance(struct work *w, int64_t days, int64_t *offset_s)
{
    if (!test_clock_read(w, offset_s) || !test_clock_set(w, *offset_s) || !test_clock_settle(w))
        return false;
    for (int64_t day = 0; day < days; day++) {
        if (!test_clock_set(w, *offset_s + DAY_S))
            return false;
        *offset_s += DAY_S;
        if (!test_clock_settle(w))
            return false;
    }
    return true;
}

SUSPENDS struct reply advance_test_clock(struct request *rq, const struct advance_test_clock_in *in)
{
    struct work *w = &rq->work;
    int64_t offset_s = 0;
    if (!test_clock_allowed(w))
        return reply_problem(rq);
    if (co_lock_acquire(&advancing, w->deadline_us) != RESULT_OK) {
        work_fail(w, &PROBLEM_unavailable, "another advance is under way");
        return reply_problem(rq);
    }
    bool ok = advance(w, in->days, &offset_s);
    co_lock_release(&advancing);
    return ok ? test_clock_reply(rq, offset_s) : reply_problem(rq);
}
