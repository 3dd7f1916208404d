/* Reads the terms of a simulation. The contract has checked each field; here parts are held against each other, and against the engine's
 * limits in the end (plan_check), so that all mistakes of one kind are told at once. Nothing suspends. */
#include "simulation.h"

#include "base/clock.h"
#include "base/date.h"
#include "gen/problems.h"
#include "plan_json.h"

#define WEEKEND (1u << 5 | 1u << 6)   /* Saturday and Sunday, as date_weekday counts */

static void *refuse(struct work *w, const char *pointer, const char *code, const char *detail)
{
    return work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), code, "%s", detail);
}

/* A fault in an element of a list. */
static void refuse_at(struct work *w, const char *list, size_t index, const char *member, const char *code, const char *detail)
{
    work_fail_field(w, &PROBLEM_validation_failed, arena_printf(w->arena, "/%s/%zu/%s", list, index, member), code, "%s", detail);
}

static void read_decimal(struct work *w, struct slice text, const char *pointer, struct decimal *out)
{
    if (!slice_is_none(text) && !decimal_parse(text, PLAN_RATE_SCALE_MAX, out))
        refuse(w, pointer, "format", "must have at most 10 decimals");
}

static void read_frequency(struct work *w, const struct simulation_frequency *in, struct plan_frequency *out)
{
    *out = (struct plan_frequency){ .unit = PLAN_MONTH, .every = 1 };
    if (!in)
        return;
    plan_unit_parse(in->unit, &out->unit);
    out->every = (int)in->every;
    out->days[0] = in->days_count ? (int)in->days[0] : 1;
    out->days[1] = in->days_count ? (int)in->days[1] : 15;
    if (in->days_count && out->unit != PLAN_SEMIMONTH)
        refuse(w, "/frequency/days", "unknown_field", "belongs to semimonth");
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

/* A fraction from 0 to 1 in a list. */
static void read_share(struct work *w, const char *list, size_t index, const char *member, struct slice text, struct decimal *out)
{
    if (!decimal_parse(text, PLAN_RATE_SCALE_MAX, out) || out->digits < 0 || out->digits > plan_power_of_ten(out->scale))
        refuse_at(w, list, index, member, "range", "must be a fraction from 0 to 1 with at most 10 decimals");
}

static void read_fee(struct work *w, const struct simulation_fee *in, size_t index, struct plan_fee *out)
{
    *out = (struct plan_fee){ .code = in->code, .percent = slice_equals_text(in->type, "percent"), .amount = in->amount };
    plan_fee_charged_parse(in->charged, &out->charged);
    if (out->percent && in->has_amount)
        refuse_at(w, "fees", index, "amount", "unknown_field", "belongs to a fixed fee");
    if (!out->percent && !slice_is_none(in->value))
        refuse_at(w, "fees", index, "value", "unknown_field", "belongs to a percent fee");
    if (!out->percent && !in->has_amount)
        refuse_at(w, "fees", index, "amount", "required", "is needed for a fixed fee");
    if (out->percent && slice_is_none(in->value))
        refuse_at(w, "fees", index, "value", "required", "is needed for a percent fee");
    else if (out->percent)
        read_share(w, "fees", index, "value", in->value, &out->share);
}

static void read_fees(struct work *w, const struct simulate_in *in, struct plan_terms *terms)
{
    struct plan_fee *fees = ARENA_ARRAY(w->arena, struct plan_fee, in->fees_count);
    for (size_t i = 0; i < in->fees_count; i++)
        read_fee(w, &in->fees[i], i, &fees[i]);
    terms->fees = fees;
    terms->fee_count = in->fees_count;
    read_decimal(w, in->tax_rate_on_interest, "/tax_rate_on_interest", &terms->tax_on_interest);
    read_decimal(w, in->tax_rate_on_fees, "/tax_rate_on_fees", &terms->tax_on_fees);
}

static void read_row(struct work *w, const struct simulation_row *in, size_t index, struct plan_custom_row *out)
{
    *out = (struct plan_custom_row){ .percent = !slice_is_none(in->percent), .amount = in->amount };
    (void)date_parse(in->due_date, &out->due_date);
    if (out->percent == in->has_amount)
        refuse_at(w, "rows", index, "amount", "required", "either an amount or a percent");
    if (out->percent)
        read_share(w, "rows", index, "percent", in->percent, &out->share);
}

/* The rows of a custom plan are its installments. */
static void read_rows(struct work *w, const struct simulate_in *in, struct plan_terms *terms)
{
    if (terms->method != PLAN_CUSTOM) {
        if (in->rows_count)
            refuse(w, "/rows", "unknown_field", "belongs to the method custom");
        if (!in->has_installments)
            refuse(w, "/installments", "required", "is needed");
        return;
    }
    struct plan_custom_row *rows = ARENA_ARRAY(w->arena, struct plan_custom_row, in->rows_count);
    for (size_t i = 0; i < in->rows_count; i++)
        read_row(w, &in->rows[i], i, &rows[i]);
    terms->rows = rows;
    terms->installments = (int)in->rows_count;
    if (!in->rows_count)
        refuse(w, "/rows", "required", "is needed for the method custom");
    else if (in->has_installments && in->installments != (int64_t)in->rows_count)
        refuse(w, "/installments", "range", "is not the number of rows");
}

static void read_rounding(const struct simulation_rounding *in, struct plan_rounding *out)
{
    *out = (struct plan_rounding){ .mode = ROUND_HALF_EVEN, .unit = 1, .residual = PLAN_RESIDUAL_LAST };
    if (!in)
        return;
    plan_rounding_mode_parse(in->mode, &out->mode);
    plan_residual_parse(in->residual, &out->residual);
    plan_carry_parse(in->carry, &out->carry);
    out->unit = in->unit;
}

static void read_grace(const struct simulation_grace *in, struct plan_grace *out)
{
    if (in)
        *out = (struct plan_grace){ .principal = (int)in->principal, .interest = (int)in->interest,
                                    .interest_carried = slice_equals_text(in->unpaid_interest, "carried") };
}

/* The days nobody can pay on: weekend and holidays of the calendar; without one, Saturday and Sunday. */
static void read_closed_days(struct work *w, const struct simulation_due_dates *in, struct plan_terms *terms)
{
    struct closed_days *closed = ARENA_NEW(w->arena, struct closed_days);
    business_day_parse(in->business_day, &terms->business_day);
    closed->calendar = slice_is_none(in->calendar) ? NULL : calendar_find(in->calendar);
    closed->weekend = closed->calendar ? calendar_weekend(closed->calendar) : WEEKEND;
    closed->cache = ARENA_NEW(w->arena, struct calendar_cache);
    terms->closed = closed;
    if (!slice_is_none(in->calendar) && !closed->calendar)
        refuse(w, "/due_dates/calendar", "unknown", "there is no such calendar");
    if (closed->calendar && terms->business_day == BUSINESS_DAY_NONE)
        refuse(w, "/due_dates/business_day", "required", "is needed with a calendar");
}

static void read_dates(struct work *w, const struct simulate_in *in, struct plan_terms *terms)
{
    if (slice_is_none(in->start_date) || !date_parse(in->start_date, &terms->start_date))
        terms->start_date = date_of_time(clock_logical_us());
    terms->has_first_due_date = !slice_is_none(in->first_due_date) && date_parse(in->first_due_date, &terms->first_due_date);
    terms->end_of_month = in->due_dates && slice_equals_text(in->due_dates->month_end, "end_of_month");
    if (in->due_dates)
        read_closed_days(w, in->due_dates, terms);
}

static void read_interest(struct work *w, const struct simulate_in *in, struct plan_terms *terms)
{
    terms->day_count = terms->method == PLAN_CUSTOM ? PLAN_ACTUAL_365 : PLAN_PERIOD;
    if (!slice_is_none(in->day_count))
        plan_day_count_parse(in->day_count, &terms->day_count);
    read_decimal(w, in->annual_rate, "/annual_rate", &terms->annual_rate);
    if (slice_is_none(in->annual_rate) && terms->method != PLAN_INTEREST_FREE)
        refuse(w, "/annual_rate", "required", "is needed for a method with interest");
    if (terms->method == PLAN_BALLOON && !in->has_balloon)
        refuse(w, "/balloon", "required", "is needed for the method balloon");
}

bool simulation_terms(struct work *w, const struct simulate_in *in, struct plan_terms *terms)
{
    *terms = (struct plan_terms){ .principal = in->principal, .installments = (int)in->installments, .balloon = in->balloon };
    plan_method_parse(in->method, &terms->method);
    read_interest(w, in, terms);
    read_frequency(w, in->frequency, &terms->frequency);
    read_deposit(w, in->deposit, &terms->deposit);
    read_grace(in->grace, &terms->grace);
    read_fees(w, in, terms);
    read_rows(w, in, terms);
    read_rounding(in->rounding, &terms->rounding);
    read_dates(w, in, terms);
    return !work_failed(w);
}

bool simulation_build(struct work *w, const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const size_t rows = (size_t)terms->installments;
    *schedule = (struct plan_schedule){ 0 };
    schedule->rows = ARENA_ARRAY(w->arena, struct plan_row, rows);
    if (terms->rounding.carry == PLAN_CARRY_UNROUNDED)
        schedule->balances = ARENA_ARRAY(w->arena, struct wide, rows + 1);
    const struct plan_fault fault = plan_build(terms, schedule);
    if (!plan_ok(fault))
        refuse(w, fault.pointer, fault.code, fault.detail);
    return plan_ok(fault);
}

struct slice simulation_answer(struct work *w, const struct simulate_in *in)
{
    struct plan_terms terms;
    struct plan_schedule schedule;
    if (!simulation_terms(w, in, &terms) || !simulation_build(w, &terms, &schedule))
        return SLICE_NONE;
    return plan_schedule_json(w->arena, &terms, &schedule, in->currency, in->explain);
}
