/* The time of flows. Where a group's steps are whole units of the convention's time it is one series; else (weekly payments in a transaction
 * whose unit-period is a month) each of its flows is counted by itself, as appendix J counts any two dates. Pure. */
#include "flows_time.h"

#include "base/date.h"
#include "plan_dates.h"

static const struct flow_fault fine = { 0 };

static struct flow_fault fault(size_t group, const char *member, const char *code, const char *detail)
{
    return (struct flow_fault){ group, member, code, detail };
}

static bool put(struct flow_times *times, const struct flow_group *group, struct flow_series series)
{
    if (times->count == FLOWS_SERIES_MAX)
        return false;
    series.advance = group->advance;
    series.amount = (long double)group->amount;
    times->series[times->count++] = series;
    return true;
}

/* ---- EU: years ---- */

static long double days_in_year(const struct flow_after *after)
{
    const struct decimal given = after->days_in_year;
    return after->has_days_in_year ? (long double)given.digits / (long double)plan_power_of_ten(given.scale) : 365;
}

static long double step_years(const struct flow_step *step, long double year_days)
{
    const long double per_year[] = { [FLOW_DAY] = year_days, [FLOW_WEEK] = 52, [FLOW_SEMIMONTH] = 24, [FLOW_MONTH] = 12, [FLOW_YEAR] = 1 };
    return step->every / per_year[step->unit];
}

long double flows_eu_years(enum flow_unit unit, int32_t from, int32_t to)
{
    if (unit == FLOW_DAY)
        return (long double)(to - from) / 365;
    const struct plan_interval interval = unit == FLOW_WEEK ? plan_interval_weeks(from, to) :
                                          unit == FLOW_YEAR ? plan_interval_years(from, to) : plan_interval_months(from, to);
    const int per_year = unit == FLOW_WEEK ? 52 : unit == FLOW_YEAR ? 1 : 12;
    const long double odd = interval.odd_days ? (long double)interval.odd_days / plan_odd_year_days(interval.odd_end) : 0;
    return (long double)interval.units / per_year + odd;
}

static struct flow_fault add_eu(struct flow_times *times, size_t index)
{
    const struct flow_group *group = &times->flows->groups[index];
    const struct flow_after *after = &group->after;
    const long double year_days = days_in_year(after);
    struct flow_series series = { .count = (size_t)group->count };
    if (group->has_date)
        series.start = flows_eu_years(times->counted_in, times->reference, group->date);
    else
        series.start = after->years + after->months / 12.0L + after->weeks / 52.0L + after->days / year_days;
    if (group->count > 1)
        series.step = step_years(&group->step, year_days);
    put(times, group, series);
    return fine;
}

/* ---- US: unit-periods ---- */

/* A point in time: a date, or where no advance has one, months and days after time 0. */
struct point {
    int32_t date;
    int64_t months, days;
};

static bool of_days(const struct plan_frequency *unit)
{
    return unit->unit == PLAN_DAY || unit->unit == PLAN_WEEK;
}

/* A step's length as half months and days, of which one is 0. */
static void step_length(const struct flow_step *step, int *half_months, int *days)
{
    static const int half[] = { [FLOW_SEMIMONTH] = 1, [FLOW_MONTH] = 2, [FLOW_YEAR] = 24 }, whole_days[] = { [FLOW_DAY] = 1, [FLOW_WEEK] = 7 };
    const bool by_days = step->unit == FLOW_DAY || step->unit == FLOW_WEEK;
    *half_months = by_days ? 0 : half[step->unit] * step->every;
    *days = by_days ? whole_days[step->unit] * step->every : 0;
}

/* Unit-periods of one step when they are whole, else 0. */
static int whole_units(const struct plan_frequency *unit, const struct flow_step *step)
{
    int half_months, days;
    step_length(step, &half_months, &days);
    const int length = of_days(unit) ? days : half_months;
    const int one = unit->every * (unit->unit == PLAN_WEEK ? 7 : unit->unit == PLAN_MONTH ? 2 : 1);
    return length % one == 0 ? length / one : 0;
}

/* A point moved on. False when its date would be past the calendar. A half month is 15 days. */
static bool move(const struct flow_times *times, struct point *at, int anchor, int64_t months, int64_t days)
{
    if (!times->has_reference) {
        at->months += months;
        at->days += days;
        return true;
    }
    if (date_to_civil(at->date).year + months / 12 + days / 365 > PLAN_YEAR_MAX)
        return false;
    at->date = date_add_months(at->date, (int)months, anchor) + (int32_t)days;
    return true;
}

static bool group_start(const struct flow_times *times, const struct flow_group *group, struct point *at)
{
    const struct flow_after *after = &group->after;
    *at = (struct point){ .date = group->has_date ? group->date : times->reference };
    return group->has_date || move(times, at, date_to_civil(at->date).day, 12 * after->years + after->months, 7 * after->weeks + after->days);
}

static struct flow_series series_at(const struct flow_times *times, const struct point *at)
{
    const struct plan_unit_periods t = times->has_reference ? plan_unit_periods(&times->unit, times->reference, at->date)
                                                            : plan_unit_periods_of(&times->unit, at->months, at->days);
    return (struct flow_series){ .count = 1, .start = (long double)t.whole, .simple_part = (long double)t.numerator / (long double)t.denominator };
}

static struct flow_fault add_one_by_one(struct flow_times *times, size_t index, const struct point *first)
{
    const struct flow_group *group = &times->flows->groups[index];
    const int anchor = date_to_civil(first->date).day;
    int half_months, days;
    step_length(&group->step, &half_months, &days);
    if (of_days(&times->unit) && !times->has_reference && half_months)
        return fault(index, "every/unit", "range", "months have no days to count in this unit-period: give the advance a date");
    for (int64_t i = 0; i < group->count; i++) {
        struct point at = *first;
        const int64_t half = i * half_months;
        if (!move(times, &at, anchor, half / 2, i * days + half % 2 * 15))
            return fault(index, "count", "range", "leads beyond the year 9000");
        if (!put(times, group, series_at(times, &at)))
            return fault(index, "every", "range", "is no whole number of unit-periods: at most 400 such flows, other groups among them, can be counted");
    }
    return fine;
}

static struct flow_fault add_us(struct flow_times *times, size_t index)
{
    const struct flow_group *group = &times->flows->groups[index];
    struct point first;
    if (!group_start(times, group, &first))
        return fault(index, "after", "range", "leads beyond the year 9000");
    if (of_days(&times->unit) && first.months)
        return fault(index, "after", "range", "months have no days to count in this unit-period: give the advance a date");
    const int step = group->count > 1 ? whole_units(&times->unit, &group->step) : 0;
    if (group->count > 1 && !step)
        return add_one_by_one(times, index, &first);
    struct flow_series series = series_at(times, &first);
    series.count = (size_t)group->count;
    series.step = step;
    if (!put(times, group, series))
        return fault(index, "every", "range", "comes after too many flows that are no whole number of unit-periods apart");
    return fine;
}

struct flow_fault flow_times_add(struct flow_times *times, size_t group)
{
    return times->flows->convention == FLOW_EU ? add_eu(times, group) : add_us(times, group);
}
