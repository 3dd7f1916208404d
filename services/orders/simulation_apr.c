/* Groups of flows from the body of POST /v1/simulations/apr, and their annual rate. Pure. */
#include "base/date.h"
#include "flows.h"
#include "gen/problems.h"
#include "simulation.h"
#include "wire/json_write.h"

static struct flow_step read_step(const struct apr_period *in)
{
    struct flow_step step = { .every = (int)in->every };
    flow_unit_parse(in->unit, &step.unit);
    return step;
}

/* What has too many decimals stays 0, which is no year's length either. */
static struct flow_after read_after(const struct apr_time *in)
{
    struct flow_after after = { .years = (int)in->years, .months = (int)in->months, .weeks = (int)in->weeks, .days = (int)in->days,
                                .has_days_in_year = !slice_is_none(in->days_in_year) };
    if (after.has_days_in_year && !decimal_parse(in->days_in_year, FLOWS_YEAR_DAYS_SCALE_MAX, &after.days_in_year))
        after.days_in_year = (struct decimal){ 0, 0 };
    return after;
}

static struct flow_group read_group(const struct apr_flow *in)
{
    struct flow_group group = { .advance = slice_equals_text(in->direction, "advance"), .amount = in->amount, .count = (int)in->count,
                                .has_after = in->after != NULL, .has_step = in->every != NULL };
    group.has_date = !slice_is_none(in->date) && date_parse(in->date, &group.date);
    if (in->after)
        group.after = read_after(in->after);
    if (in->every)
        group.step = read_step(in->every);
    return group;
}

static struct flows read_flows(struct arena *arena, const struct simulate_apr_in *in)
{
    struct flow_group *groups = ARENA_ARRAY(arena, struct flow_group, in->flows_count);
    for (size_t i = 0; i < in->flows_count; i++)
        groups[i] = read_group(&in->flows[i]);
    struct flows flows = { .convention = slice_equals_text(in->convention, "us") ? FLOW_US : FLOW_EU, .has_unit = in->unit_period != NULL,
                           .groups = groups, .count = in->flows_count };
    if (in->unit_period)
        flows.unit = read_step(in->unit_period);
    return flows;
}

static void refuse(struct work *w, struct flow_fault fault)
{
    struct slice pointer = fault.group == FLOWS_WHOLE ? arena_printf(w->arena, "/%s", fault.member)
                                                      : arena_printf(w->arena, "/flows/%zu/%s", fault.group, fault.member);
    work_fail_field(w, &PROBLEM_validation_failed, pointer, fault.code, "%s", fault.detail);
}

struct slice simulation_apr_answer(struct work *w, const struct simulate_apr_in *in)
{
    const struct flows flows = read_flows(w->arena, in);
    char apr[PLAN_RATE_TEXT];
    const struct flow_fault fault = flows_apr(&flows, ARENA_ARRAY(w->arena, struct flow_series, FLOWS_SERIES_MAX), apr);
    if (!flows_ok(fault)) {
        refuse(w, fault);
        return SLICE_NONE;
    }
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "apr", slice_from_text(apr));
    json_end(&out, '}');
    return json_done(&out);
}
