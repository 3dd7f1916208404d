/* POST /v1/simulations/apr. No database; never suspends. */
#include "simulation.h"

struct reply simulate_apr(struct request *rq, const struct simulate_apr_in *in)
{
    const struct slice answer = simulation_apr_answer(&rq->work, in);
    return slice_is_none(answer) ? reply_problem(rq) : reply_ok(rq, answer);
}
