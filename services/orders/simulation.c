/* Reads the terms of a simulation. The contract has checked each field; here parts are held against each other, and against the engine's
 * limits in the end (plan_check), so that all mistakes of one kind are told at once. Nothing suspends. */
#include "simulation.h"

#include "base/clock.h"
#include "base/date.h"
#include "closures.h"
#include "gen/problems.h"
#include "plan_json.h"

#define WEEKEND (1u << 5 | 1u << 6)   /* Saturday and Sunday, as date_weekday counts */

void *simulation_refuse(struct work *w, const char *at, struct plan_fault fault)
{
    const struct slice pointer = fault.member ? arena_printf(w->arena, "%s%s/%zu/%s", at, fault.pointer, fault.index, fault.member)
                                              : arena_printf(w->arena, "%s%s", at, fault.pointer);
    return work_fail_field(w, &PROBLEM_validation_failed, pointer, fault.code, "%s", fault.detail);
}

/* A unit of work that reads terms, and where they stand in the document: "" when they are all of it. */
struct reading {
    struct work *w;
    const char *at;
};

static void refuse(const struct reading *r, const char *pointer, const char *code, const char *detail)
{
    simulation_refuse(r->w, r->at, (struct plan_fault){ .pointer = pointer, .code = code, .detail = detail });
}

/* A fault in an element of a list. */
static void refuse_at(const struct reading *r, const char *list, size_t index, const char *member, const char *code, const char *detail)
{
    simulation_refuse(r->w, r->at, (struct plan_fault){ list, code, detail, .index = index, .member = member });
}

static void read_decimal(const struct reading *r, struct slice text, const char *pointer, struct decimal *out)
{
    if (!slice_is_none(text) && !decimal_parse(text, PLAN_RATE_SCALE_MAX, out))
        refuse(r, pointer, "format", "must have at most 10 decimals");
}

static void read_frequency(const struct reading *r, const struct simulation_frequency *in, struct plan_frequency *out)
{
    *out = (struct plan_frequency){ .unit = PLAN_MONTH, .every = 1 };
    if (!in)
        return;
    plan_unit_parse(in->unit, &out->unit);
    out->every = (int)in->every;
    if (out->unit == PLAN_SEMIMONTH) {
        out->days[0] = in->days_count ? (int)in->days[0] : 1;
        out->days[1] = in->days_count ? (int)in->days[1] : 15;
    }
    if (in->days_count && out->unit != PLAN_SEMIMONTH)
        refuse(r, "/frequency/days", "unknown_field", "belongs to semimonth");
}

static void read_deposit(const struct reading *r, const struct simulation_deposit *in, struct plan_deposit *out)
{
    if (!in)
        return;
    const bool fixed = slice_equals_text(in->type, "fixed");
    out->type = fixed ? PLAN_DEPOSIT_FIXED : PLAN_DEPOSIT_PERCENT;
    out->amount = in->amount;
    if (fixed && !in->has_amount)
        refuse(r, "/deposit/amount", "required", "is needed for a fixed deposit");
    if (fixed && !slice_is_none(in->value))
        refuse(r, "/deposit/value", "unknown_field", "belongs to a percent deposit");
    if (!fixed && in->has_amount)
        refuse(r, "/deposit/amount", "unknown_field", "belongs to a fixed deposit");
    if (!fixed && slice_is_none(in->value))
        refuse(r, "/deposit/value", "required", "is needed for a percent deposit");
    else if (!fixed)
        read_decimal(r, in->value, "/deposit/value", &out->share);
}

/* A fraction from 0 to 1 in a list. */
static void read_share(const struct reading *r, const char *list, size_t index, const char *member, struct slice text, struct decimal *out)
{
    if (!decimal_parse(text, PLAN_RATE_SCALE_MAX, out) || out->digits < 0 || out->digits > plan_power_of_ten(out->scale))
        refuse_at(r, list, index, member, "range", "must be a fraction from 0 to 1 with at most 10 decimals");
}

static void read_fee(const struct reading *r, const struct simulation_fee *in, size_t index, struct plan_fee *out)
{
    *out = (struct plan_fee){ .code = in->code, .percent = slice_equals_text(in->type, "percent"), .amount = in->amount };
    plan_fee_charged_parse(in->charged, &out->charged);
    if (out->percent && in->has_amount)
        refuse_at(r, "/fees", index, "amount", "unknown_field", "belongs to a fixed fee");
    if (!out->percent && !slice_is_none(in->value))
        refuse_at(r, "/fees", index, "value", "unknown_field", "belongs to a percent fee");
    if (!out->percent && !in->has_amount)
        refuse_at(r, "/fees", index, "amount", "required", "is needed for a fixed fee");
    if (out->percent && slice_is_none(in->value))
        refuse_at(r, "/fees", index, "value", "required", "is needed for a percent fee");
    else if (out->percent)
        read_share(r, "/fees", index, "value", in->value, &out->share);
}

static void read_fees(const struct reading *r, const struct simulate_in *in, struct plan_terms *terms)
{
    struct plan_fee *fees = ARENA_ARRAY(r->w->arena, struct plan_fee, in->fees_count);
    for (size_t i = 0; i < in->fees_count; i++)
        read_fee(r, &in->fees[i], i, &fees[i]);
    terms->fees = fees;
    terms->fee_count = in->fees_count;
    read_decimal(r, in->tax_rate_on_interest, "/tax_rate_on_interest", &terms->tax_on_interest);
    read_decimal(r, in->tax_rate_on_fees, "/tax_rate_on_fees", &terms->tax_on_fees);
}

static void read_row(const struct reading *r, const struct simulation_row *in, size_t index, struct plan_custom_row *out)
{
    *out = (struct plan_custom_row){ .percent = !slice_is_none(in->percent), .amount = in->amount };
    (void)date_parse(in->due_date, &out->due_date);
    if (out->percent == in->has_amount)
        refuse_at(r, "/rows", index, "amount", "required", "either an amount or a percent");
    if (out->percent)
        read_share(r, "/rows", index, "percent", in->percent, &out->share);
}

/* The rows of a custom plan are its installments. */
static void read_rows(const struct reading *r, const struct simulate_in *in, struct plan_terms *terms)
{
    if (terms->method != PLAN_CUSTOM) {
        if (in->rows_count)
            refuse(r, "/rows", "unknown_field", "belongs to the method custom");
        if (!in->has_installments)
            refuse(r, "/installments", "required", "is needed");
        return;
    }
    struct plan_custom_row *rows = ARENA_ARRAY(r->w->arena, struct plan_custom_row, in->rows_count);
    for (size_t i = 0; i < in->rows_count; i++)
        read_row(r, &in->rows[i], i, &rows[i]);
    terms->rows = rows;
    terms->installments = (int)in->rows_count;
    if (!in->rows_count)
        refuse(r, "/rows", "required", "is needed for the method custom");
    else if (in->has_installments && in->installments != (int64_t)in->rows_count)
        refuse(r, "/installments", "range", "is not the number of rows");
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

/* Closures each in order and no longer than may be. */
static void read_closures(const struct reading *r, const struct simulation_due_dates *in, struct closed_days *closed)
{
    for (size_t i = 0; i < in->closures_count; i++)
        if (!closure_valid(&in->closures[i]))
            refuse_at(r, "/due_dates/closures", i, "to", "range", "must be from the first day on, less than " CLOSURE_DAYS_TEXT " days later");
    if (!work_failed(r->w))
        closures_spread(r->w->arena, in->closures, in->closures_count, closed);
}

/* The days nobody can pay on: weekend and holidays of the calendar; without one, Saturday and Sunday. And closures, where there are any. */
static void read_closed_days(const struct reading *r, const struct simulation_due_dates *in, struct plan_terms *terms)
{
    struct closed_days *closed = ARENA_NEW(r->w->arena, struct closed_days);
    business_day_parse(in->business_day, &terms->business_day);
    closed->calendar = slice_is_none(in->calendar) ? NULL : calendar_find(in->calendar);
    closed->weekend = closed->calendar ? calendar_weekend(closed->calendar) : WEEKEND;
    closed->cache = ARENA_NEW(r->w->arena, struct calendar_cache);
    terms->closed = closed;
    read_closures(r, in, closed);
    if (!slice_is_none(in->calendar) && !closed->calendar)
        refuse(r, "/due_dates/calendar", "unknown", "there is no such calendar");
    if (closed->calendar && terms->business_day == BUSINESS_DAY_NONE)
        refuse(r, "/due_dates/business_day", "required", "is needed with a calendar");
    else if (in->closures_count && terms->business_day == BUSINESS_DAY_NONE)
        refuse(r, "/due_dates/business_day", "required", "is needed with closures");
}

static void read_dates(const struct reading *r, const struct simulate_in *in, struct plan_terms *terms)
{
    if (slice_is_none(in->start_date) || !date_parse(in->start_date, &terms->start_date))
        terms->start_date = date_of_time(clock_logical_us());
    terms->has_first_due_date = !slice_is_none(in->first_due_date) && date_parse(in->first_due_date, &terms->first_due_date);
    terms->end_of_month = in->due_dates && slice_equals_text(in->due_dates->month_end, "end_of_month");
    if (in->due_dates)
        read_closed_days(r, in->due_dates, terms);
}

static void read_interest(const struct reading *r, const struct simulate_in *in, struct plan_terms *terms)
{
    terms->day_count = terms->method == PLAN_CUSTOM ? PLAN_ACTUAL_365 : PLAN_PERIOD;
    if (!slice_is_none(in->day_count))
        plan_day_count_parse(in->day_count, &terms->day_count);
    read_decimal(r, in->annual_rate, "/annual_rate", &terms->annual_rate);
    if (slice_is_none(in->annual_rate) && terms->method != PLAN_INTEREST_FREE)
        refuse(r, "/annual_rate", "required", "is needed for a method with interest");
    if (terms->method == PLAN_BALLOON && !in->has_balloon)
        refuse(r, "/balloon", "required", "is needed for the method balloon");
}

bool simulation_terms(struct work *w, const char *at, const struct simulate_in *in, struct plan_terms *terms)
{
    const struct reading reading = { w, at }, *const r = &reading;
    *terms = (struct plan_terms){ .principal = in->principal, .installments = (int)in->installments, .balloon = in->balloon };
    plan_method_parse(in->method, &terms->method);
    read_interest(r, in, terms);
    read_frequency(r, in->frequency, &terms->frequency);
    read_deposit(r, in->deposit, &terms->deposit);
    read_grace(in->grace, &terms->grace);
    read_fees(r, in, terms);
    read_rows(r, in, terms);
    read_rounding(in->rounding, &terms->rounding);
    read_dates(r, in, terms);
    return !work_failed(w);
}

bool simulation_build(struct work *w, const char *at, const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const size_t rows = (size_t)terms->installments;
    *schedule = (struct plan_schedule){ 0 };
    schedule->rows = ARENA_ARRAY(w->arena, struct plan_row, rows);
    if (terms->rounding.carry == PLAN_CARRY_UNROUNDED)
        schedule->balances = ARENA_ARRAY(w->arena, struct wide, rows + 1);
    const struct plan_fault fault = plan_build(terms, schedule);
    if (!plan_ok(fault))
        simulation_refuse(w, at, fault);
    return plan_ok(fault);
}

struct slice simulation_answer(struct work *w, const struct simulate_in *in)
{
    struct plan_terms terms;
    struct plan_schedule schedule;
    if (!simulation_terms(w, "", in, &terms) || !simulation_build(w, "", &terms, &schedule))
        return SLICE_NONE;
    return plan_schedule_json(w->arena, &terms, &schedule, in->currency, in->explain);
}
