/* POST /v1/simulations. The database is asked only where terms name a calendar and leave to the shop which days are closed beside it. */
#include "base/clock.h"
#include "base/date.h"
#include "closures.h"
#include "gen/orders/sql.h"
#include "simulation.h"

/* With the shop's closures; NULL with the failure. */
static SUSPENDS const struct simulate_in *with_closures(struct work *w, const struct simulate_in *in)
{
    const struct slice from = slice_is_none(in->start_date) ? work_date(w, date_of_time(clock_logical_us())) : in->start_date;
    const struct row *row = db_one(w, SQL(get_closures, .from = from));
    struct simulate_in *with = ARENA_NEW(w->arena, struct simulate_in);
    *with = *in;
    if (row)
        closures_put(w->arena, with, row_text(row, "closures"));
    return row ? with : NULL;
}

SUSPENDS struct reply simulate(struct request *rq, const struct simulate_in *in)
{
    if (closures_wanted(in))
        in = with_closures(&rq->work, in);
    const struct slice answer = in ? simulation_answer(&rq->work, in) : SLICE_NONE;
    return slice_is_none(answer) ? reply_problem(rq) : reply_ok(rq, answer);
}
