/* POST /v1/simulations. No database; never suspends. */
#include "simulation.h"

struct reply simulate(struct request *rq, const struct simulate_in *in)
{
    const struct slice answer = simulation_answer(&rq->work, in);
    return slice_is_none(answer) ? reply_problem(rq) : reply_ok(rq, answer);
}
