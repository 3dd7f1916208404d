/* Checks groups of flows, places them in time and solves for their rate. What the API's contract bounds (amounts, counts, the parts of a time) is the
 * caller's to check; everything that needs two fields is checked here. Pure. */
#include "flows.h"

#include <math.h>

#include "base/date.h"
#include "find_name.h"
#include "flows_time.h"
#include "plan_dates.h"

#define RATE_LEAST 1e-8L     /* a rate above -1 that 8 decimals can tell from it */
#define RATE_MOST 1e9L
#define SAME_TIME 1e-12L

static const struct flow_fault fine = { 0 };

static struct flow_fault fault(size_t group, const char *member, const char *code, const char *detail)
{
    return (struct flow_fault){ group, member, code, detail };
}

bool flow_unit_parse(struct slice text, enum flow_unit *out)
{
    static const char *const names[] = { [FLOW_DAY] = "day", [FLOW_WEEK] = "week", [FLOW_SEMIMONTH] = "semimonth", [FLOW_MONTH] = "month",
                                         [FLOW_YEAR] = "year" };
    const int index = FIND_NAME(text, names, slice_equals);
    if (index >= 0)
        *out = (enum flow_unit)index;
    return index >= 0;
}

/* ---- what flows have to be ---- */

static bool is_year(struct decimal days)
{
    const int64_t unit = plan_power_of_ten(days.scale);
    return days.digits >= FLOWS_YEAR_DAYS_MIN * unit && days.digits <= FLOWS_YEAR_DAYS_MAX * unit;
}

static struct flow_fault check_group(const struct flows *flows, size_t index, int64_t total)
{
    const struct flow_group *group = &flows->groups[index];
    if (total > FLOWS_MAX)
        return fault(index, "count", "range", "makes more than 10000 flows of all groups together");
    if (group->has_date && group->has_after)
        return fault(index, "after", "unknown_field", "cannot stand beside a date");
    if (!group->has_date && !group->has_after)
        return fault(index, "date", "required", "is needed, or after");
    if (group->after.has_days_in_year && !is_year(group->after.days_in_year))
        return fault(index, "after/days_in_year", "range", "must be between 360 and 366 with at most 4 decimals");
    if (group->count > 1 && !group->has_step)
        return fault(index, "every", "required", "is needed for more than one flow");
    return fine;
}

/* A unit-period is a day, a week, a semimonth, a month, or several of them up to a year: appendix J (b)(3) and (4). */
static struct flow_fault check_unit(const struct flows *flows, struct plan_frequency *unit)
{
    static const enum plan_unit units[] = { [FLOW_DAY] = PLAN_DAY, [FLOW_WEEK] = PLAN_WEEK, [FLOW_SEMIMONTH] = PLAN_SEMIMONTH,
                                            [FLOW_MONTH] = PLAN_MONTH, [FLOW_YEAR] = PLAN_MONTH };
    if (!flows->has_unit)
        return flows->convention == FLOW_EU ? fine : fault(FLOWS_WHOLE, "unit_period", "required", "is needed for the convention us");
    *unit = (struct plan_frequency){ .unit = units[flows->unit.unit], .every = (flows->unit.unit == FLOW_YEAR ? 12 : 1) * flows->unit.every };
    if (flows->convention == FLOW_US && !plan_frequency_valid(unit))
        return fault(FLOWS_WHOLE, "unit_period/every", "range", "a unit-period must be at most a year");
    return fine;
}

static struct flow_fault check_sides(const struct flows *flows)
{
    bool side[2] = { false, false };
    int64_t total = 0;
    for (size_t i = 0; i < flows->count; i++) {
        total += flows->groups[i].count;
        side[flows->groups[i].advance] = true;
        const struct flow_fault found = check_group(flows, i, total);
        if (!flows_ok(found))
            return found;
    }
    if (!side[true])
        return fault(FLOWS_WHOLE, "flows", "required", "must have an advance");
    if (!side[false])
        return fault(FLOWS_WHOLE, "flows", "required", "must have a payment");
    return fine;
}

/* ---- dates ---- */

static void find_reference(struct flow_times *times)
{
    for (size_t i = 0; i < times->flows->count; i++) {
        const struct flow_group *group = &times->flows->groups[i];
        if (group->advance && group->has_date && (!times->has_reference || group->date < times->reference)) {
            times->has_reference = true;
            times->reference = group->date;
        }
    }
}

static struct flow_fault check_dates(const struct flow_times *times)
{
    const int32_t earliest = date_from_civil((struct civil){ PLAN_YEAR_MIN, 1, 1 });
    const int32_t latest = date_from_civil((struct civil){ PLAN_YEAR_MAX, 12, 31 });
    for (size_t i = 0; i < times->flows->count; i++) {
        const struct flow_group *group = &times->flows->groups[i];
        if (!group->has_date)
            continue;
        if (group->date < earliest || group->date > latest)
            return fault(i, "date", "range", "must be in the years 1900 to 9000");
        if (!times->has_reference)
            return fault(i, "date", "range", "needs an advance with a date to count from");
        if (group->date < times->reference)
            return fault(i, "date", "range", "must not be before the first advance");
    }
    return fine;
}

/* The EU's dates count in one of weeks, months and years (remark (c)): the one asked for, else the step of the most flows, else months. */
static enum flow_unit dates_unit(const struct flows *flows)
{
    enum flow_unit unit = FLOW_MONTH;
    int most = 1;
    for (size_t i = 0; i < flows->count; i++)
        if (flows->groups[i].count > most) {
            most = flows->groups[i].count;
            unit = flows->groups[i].step.unit;
        }
    return flows->has_unit ? flows->unit.unit : unit;
}

/* Dates are checked by now: only times after a time 0 without an advance can come before the first one. */
static struct flow_fault place(struct flow_times *times)
{
    long double first[2] = { INFINITY, INFINITY };   /* payment, advance */
    size_t first_payment = 0;
    for (size_t i = 0; i < times->flows->count; i++) {
        const size_t series = times->count;
        const bool advance = times->flows->groups[i].advance;
        const struct flow_fault found = flow_times_add(times, i);
        if (!flows_ok(found))
            return found;
        const long double start = times->series[series].start + times->series[series].simple_part;
        if (start >= first[advance])
            continue;
        first[advance] = start;
        first_payment = advance ? first_payment : i;
    }
    if (first[false] < first[true] - SAME_TIME)
        return fault(first_payment, "after", "range", "must not be before the first advance");
    return fine;
}

/* ---- the rate ---- */

static struct flow_fault solve(const struct flow_times *times, char apr[PLAN_RATE_TEXT])
{
    long double per_year = 1, growth;
    apr[0] = '\0';
    if (times->flows->convention == FLOW_US) {
        int64_t numerator, denominator;
        plan_periods_per_year(&times->unit, &numerator, &denominator);
        per_year = (long double)numerator / (long double)denominator;
    }
    const struct flow_list list = { times->series, times->count };
    if (list.count > FLOWS_MIXED_MAX && !flow_list_falls(&list))
        return fault(FLOWS_WHOLE, "flows", "too_many", "that go back and forth, with advances after payments, are at most 40 groups");
    const enum rate_found found = flow_rate(&list, per_year, logl(RATE_LEAST), log1pl(RATE_MOST / per_year), &growth);
    if (found == RATE_SEVERAL)
        return fault(FLOWS_WHOLE, "flows", "range", "go back and forth so that several rates balance them");
    if (found == RATE_ONE)
        rate_format(expm1l(growth) * per_year, apr);
    return apr[0] ? fine : fault(FLOWS_WHOLE, "flows", "range", "have no annual rate that balances them, or one beyond 1000000000");
}

struct flow_fault flows_apr(const struct flows *flows, struct flow_series *series, char apr[PLAN_RATE_TEXT])
{
    struct flow_times times = { .flows = flows, .counted_in = dates_unit(flows), .series = series };
    struct flow_fault found = check_unit(flows, &times.unit);
    if (flows_ok(found))
        found = check_sides(flows);
    if (!flows_ok(found))
        return found;
    find_reference(&times);
    found = check_dates(&times);
    if (flows_ok(found))
        found = place(&times);
    return flows_ok(found) ? solve(&times, apr) : found;
}
