/* POST /v1/simulations: terms from the body, the engine, the schedule as JSON. No database; never suspends. */
#include "gen/problems.h"
#include "plan_json.h"
#include "simulation_terms.h"

struct reply simulate(struct request *rq, const struct simulate_in *in)
{
    struct work *w = &rq->work;
    struct plan_terms terms;
    if (!simulation_terms(w, in, &terms))
        return reply_problem(rq);
    const size_t rows = (size_t)terms.installments;
    struct plan_schedule schedule = { .rows = ARENA_ARRAY(w->arena, struct plan_row, rows) };
    if (terms.rounding.carry == PLAN_CARRY_UNROUNDED)
        schedule.balances = ARENA_ARRAY(w->arena, struct wide, rows + 1);
    const struct plan_fault fault = plan_build(&terms, &schedule);
    if (!plan_ok(fault)) {
        work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(fault.pointer), fault.code, "%s", fault.detail);
        return reply_problem(rq);
    }
    return reply_ok(rq, plan_schedule_json(w->arena, &terms, &schedule, in->currency, in->explain));
}
