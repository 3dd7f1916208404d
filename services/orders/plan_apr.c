/* The two annual rates of a schedule. The buyer gets the price without the deposit, on credit, and pays the fees of the start at once, then the
 * rows. Rows are series of equal steps, so that a regular plan costs one exponential a step of the solver; custom rows, and those moved off closed
 * days, are taken one by one, each on its date. Pure. */
#include "plan_rates.h"

#include <math.h>

#include "plan_dates.h"

/* The schedule's rows as one series; `stride` 2 takes every other row from `first` on. */
static struct rate_series rows_series(const struct plan_schedule *schedule, size_t first, size_t stride, long double start, long double step)
{
    return (struct rate_series){ .amounts = &schedule->rows[first].total, .amount_stride = stride * sizeof *schedule->rows,
                                 .count = (schedule->row_count - first + stride - 1) / stride, .start = start, .step = step };
}

static struct rate_series advance_series(const struct plan_schedule *schedule)
{
    return (struct rate_series){ .advance = true, .amounts = &schedule->credit, .count = 1 };
}

static struct rate_series upfront_series(const int64_t *upfront)
{
    return (struct rate_series){ .amounts = upfront, .count = 1 };
}

/* Where Newton begins: the plan's own rate, ln(1 + rate of the second period or the first) a period. */
static long double guess_of(const struct plan_schedule *schedule)
{
    const struct plan_rate rate = schedule->rows[schedule->row_count > 1].rate;
    return log1pl((long double)rate.numerator / (long double)rate.denominator);
}

/* Unit-periods a year as a number. */
static long double per_year(const struct plan_frequency *frequency)
{
    int64_t numerator, denominator;
    plan_periods_per_year(frequency, &numerator, &denominator);
    return (long double)numerator / (long double)denominator;
}

/* One advance and one payment: the unit-period is the whole term, a year at most (appendix J (b)(4)(iii)). */
static void single_payment_unit(const struct plan_terms *terms, int32_t due_date, struct plan_frequency *unit)
{
    const struct plan_interval months = plan_interval_months(terms->start_date, due_date);
    if (months.units >= 12)
        *unit = (struct plan_frequency){ .unit = PLAN_MONTH, .every = 12 };   /* what is left beside years: (b)(5)(v) */
    else if (months.odd_days == 0)
        *unit = (struct plan_frequency){ .unit = PLAN_MONTH, .every = (int)months.units };
    else
        *unit = (struct plan_frequency){ .unit = PLAN_DAY, .every = due_date - terms->start_date };
}

static long double us_growth(const struct plan_terms *terms, const struct plan_schedule *schedule, struct plan_frequency *unit)
{
    *unit = terms->frequency;
    if (schedule->row_count == 1)
        single_payment_unit(terms, plan_nominal_due_date(terms, 1), unit);
    const struct plan_unit_periods first = plan_unit_periods(unit, terms->start_date, plan_nominal_due_date(terms, 1));
    const int64_t upfront = schedule->upfront_fees + schedule->upfront_tax;
    struct rate_series series[] = { advance_series(schedule), rows_series(schedule, 0, 1, (long double)first.whole, 1), upfront_series(&upfront) };
    series[1].simple_part = (long double)first.numerator / (long double)first.denominator;
    long double growth;
    return rate_solve(series, 2 + (upfront > 0), guess_of(schedule), &growth) ? growth : (long double)NAN;
}

static long double eu_years(struct plan_interval interval, int64_t units_per_year)
{
    const long double odd = interval.odd_days ? (long double)interval.odd_days / plan_odd_year_days(interval.odd_end) : 0;
    return (long double)interval.units / (long double)units_per_year + odd;
}

static long double eu_years_to(const struct plan_terms *terms, int32_t due_date)
{
    if (terms->frequency.unit == PLAN_WEEK)
        return eu_years(plan_interval_weeks(terms->start_date, due_date), 52);
    if (terms->frequency.unit == PLAN_DAY)
        return (long double)(due_date - terms->start_date) / 365;
    return eu_years(plan_interval_months(terms->start_date, due_date), 12);
}

static long double eu_growth(const struct plan_terms *terms, const struct plan_schedule *schedule)
{
    const long double step = 1 / per_year(&terms->frequency);
    const long double first = eu_years_to(terms, plan_nominal_due_date(terms, 1));
    const int64_t upfront = schedule->upfront_fees + schedule->upfront_tax;
    struct rate_series series[4] = { advance_series(schedule), rows_series(schedule, 0, 1, first, step) };
    size_t count = 2;
    /* Due days of a semimonth alternate: two series of whole months. */
    if (terms->frequency.unit == PLAN_SEMIMONTH && schedule->row_count > 1) {
        series[1] = rows_series(schedule, 0, 2, first, 2 * step);
        series[2] = rows_series(schedule, 1, 2, eu_years_to(terms, plan_nominal_due_date(terms, 2)), 2 * step);
        count = 3;
    }
    if (upfront > 0)
        series[count++] = upfront_series(&upfront);
    long double growth;
    return rate_solve(series, count, guess_of(schedule) / step, &growth) ? growth : (long double)NAN;
}

/* Whether the first period is exactly one period of the frequency, and periods are whole parts of the EU's year: then both laws
 * discount by the same powers. */
static bool is_regular(const struct plan_terms *terms, const struct plan_schedule *schedule)
{
    const struct plan_frequency *frequency = &terms->frequency;
    if (schedule->row_count == 1 || frequency->unit == PLAN_SEMIMONTH)
        return false;
    const struct plan_unit_periods first = plan_unit_periods(frequency, terms->start_date, plan_nominal_due_date(terms, 1));
    return first.whole == 1 && first.numerator == 0;
}

/* ---- Rows one by one -------------------------------------------------------------------------------------------------------------------- */

struct custom_flows {
    const struct plan_terms *terms;
    const struct plan_schedule *schedule;
    const struct plan_frequency *unit;   /* of the US method; NULL: the EU's */
};

/* Times are worked out again in each of the solver's few steps: there is no room to keep them. */
static struct rate_sides custom_sides(const void *arg, long double x)
{
    const struct custom_flows *flows = arg;
    const struct plan_terms *terms = flows->terms;
    const struct plan_schedule *schedule = flows->schedule;
    struct rate_sides sides = { { 0, 0 }, { 0, 0 } };
    rate_add(&sides.advances, (long double)schedule->credit, 0, 0, x);
    rate_add(&sides.payments, (long double)(schedule->upfront_fees + schedule->upfront_tax), 0, 0, x);
    for (size_t i = 0; i < schedule->row_count; i++) {
        const struct plan_row *row = &schedule->rows[i];
        if (flows->unit) {
            const struct plan_unit_periods periods = plan_unit_periods(flows->unit, terms->start_date, row->due_date);
            rate_add(&sides.payments, (long double)row->total, (long double)periods.whole,
                     (long double)periods.numerator / (long double)periods.denominator, x);
        } else {
            rate_add(&sides.payments, (long double)row->total, eu_years_to(terms, row->due_date), 0, x);
        }
    }
    return sides;
}

static void custom_rates_fill(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    struct plan_frequency unit = terms->frequency;
    if (schedule->row_count == 1)
        single_payment_unit(terms, schedule->rows[0].due_date, &unit);
    const long double units = per_year(&unit), yearly_guess = 0.1L;
    long double us, eu;
    if (!rate_solve_of(custom_sides, &(struct custom_flows){ terms, schedule, &unit }, yearly_guess / units, &us))
        us = NAN;
    if (!rate_solve_of(custom_sides, &(struct custom_flows){ terms, schedule, NULL }, yearly_guess, &eu))
        eu = NAN;
    rate_format(expm1l(us) * units, schedule->apr_nominal);
    rate_format(expm1l(eu), schedule->effective_annual_rate);
}

void plan_rates_fill(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    if (terms->method == PLAN_CUSTOM || terms->business_day != BUSINESS_DAY_NONE) {
        custom_rates_fill(terms, schedule);
        return;
    }
    struct plan_frequency unit;
    const long double per_unit = us_growth(terms, schedule, &unit);
    const long double yearly = is_regular(terms, schedule) ? per_unit * per_year(&unit) : eu_growth(terms, schedule);
    rate_format(expm1l(per_unit) * per_year(&unit), schedule->apr_nominal);
    rate_format(expm1l(yearly), schedule->effective_annual_rate);
}
