/* GET /v1/test-clock: where the clock stands. */
#include "gen/gateway/api.h"
#include "test_clock.h"

SUSPENDS struct reply get_test_clock(struct request *rq, const struct get_test_clock_in *in)
{
    int64_t offset_s = 0;
    (void)in;
    if (!test_clock_allowed(&rq->work) || !test_clock_read(&rq->work, &offset_s))
        return reply_problem(rq);
    return test_clock_reply(rq, offset_s);
}
