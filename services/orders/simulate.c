/* POST /v1/simulations: terms from the body, the engine, the schedule as JSON. No database; never suspends. */
#include "base/clock.h"
#include "base/date.h"
#include "gen/orders/api.h"
#include "gen/problems.h"
#include "plan_json.h"

static void *refuse(struct work *w, const char *pointer, const char *code, const char *detail)
{
    return work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), code, "%s", detail);
}

static void read_decimal(struct work *w, struct slice text, const char *pointer, struct decimal *out)
{
    if (!decimal_parse(text, PLAN_RATE_SCALE_MAX, out))
        refuse(w, pointer, "format", "must have at most 10 decimals");
}

static void read_frequency(const struct simulation_frequency *in, struct plan_frequency *out)
{
    *out = (struct plan_frequency){ .unit = PLAN_MONTH, .every = 1 };
    if (!in)
        return;
    plan_unit_parse(in->unit, &out->unit);
    out->every = (int)in->every;
    out->days[0] = in->days_count ? (int)in->days[0] : 1;
    out->days[1] = in->days_count ? (int)in->days[1] : 15;
}

static void read_deposit(struct work *w, const struct simulation_deposit *in, struct plan_deposit *out)
{
    if (!in)
        return;
    const bool fixed = slice_equals_text(in->type, "fixed");
    out->type = fixed ? PLAN_DEPOSIT_FIXED : PLAN_DEPOSIT_PERCENT;
    out->amount = in->amount;
    if (fixed && !in->has_amount)
        refuse(w, "/deposit/amount", "required", "is needed for a fixed deposit");
    if (fixed && !slice_is_none(in->value))
        refuse(w, "/deposit/value", "unknown_field", "belongs to a percent deposit");
    if (!fixed && in->has_amount)
        refuse(w, "/deposit/amount", "unknown_field", "belongs to a fixed deposit");
    if (!fixed && slice_is_none(in->value))
        refuse(w, "/deposit/value", "required", "is needed for a percent deposit");
    else if (!fixed)
        read_decimal(w, in->value, "/deposit/value", &out->share);
}

static void read_rounding(const struct simulation_rounding *in, struct plan_rounding *out)
{
    *out = (struct plan_rounding){ .mode = ROUND_HALF_EVEN, .unit = 1, .residual = PLAN_RESIDUAL_LAST };
    if (!in)
        return;
    plan_rounding_mode_parse(in->mode, &out->mode);
    plan_residual_parse(in->residual, &out->residual);
    out->unit = in->unit;
}

static void read_dates(const struct simulate_in *in, struct plan_terms *terms)
{
    if (slice_is_none(in->start_date) || !date_parse(in->start_date, &terms->start_date))
        terms->start_date = date_of_time(clock_logical_us());
    terms->has_first_due_date = !slice_is_none(in->first_due_date) && date_parse(in->first_due_date, &terms->first_due_date);
}

/* What the contract cannot say: parts that need each other. */
static bool read_terms(struct work *w, const struct simulate_in *in, struct plan_terms *terms)
{
    *terms = (struct plan_terms){ .principal = in->principal, .installments = (int)in->installments, .day_count = PLAN_PERIOD };
    plan_method_parse(in->method, &terms->method);
    if (!slice_is_none(in->day_count))
        plan_day_count_parse(in->day_count, &terms->day_count);
    if (!slice_is_none(in->annual_rate))
        read_decimal(w, in->annual_rate, "/annual_rate", &terms->annual_rate);
    else if (terms->method != PLAN_INTEREST_FREE)
        refuse(w, "/annual_rate", "required", "is needed for a method with interest");
    read_frequency(in->frequency, &terms->frequency);
    if (in->frequency && in->frequency->days_count && terms->frequency.unit != PLAN_SEMIMONTH)
        refuse(w, "/frequency/days", "unknown_field", "belongs to semimonth");
    read_deposit(w, in->deposit, &terms->deposit);
    read_rounding(in->rounding, &terms->rounding);
    read_dates(in, terms);
    return !work_failed(w);
}

struct reply simulate(struct request *rq, const struct simulate_in *in)
{
    struct work *w = &rq->work;
    struct plan_terms terms;
    if (!read_terms(w, in, &terms))
        return reply_problem(rq);
    struct plan_schedule schedule = { .rows = ARENA_ARRAY(w->arena, struct plan_row, (size_t)terms.installments) };
    const struct plan_fault fault = plan_build(&terms, &schedule);
    if (!plan_ok(fault)) {
        refuse(w, fault.pointer, fault.code, fault.detail);
        return reply_problem(rq);
    }
    return reply_ok(rq, plan_schedule_json(w->arena, &terms, &schedule, in->currency));
}
