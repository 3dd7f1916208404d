/* Day counts. The 30-day families differ only in what they make of the days of the two months; the others count positions on a scale of
 * their own, so that a fraction is the difference of two of them. Pure; no loops over days. */
#include "day_count.h"

#include "base/date.h"
#include "find_name.h"

/* A common denominator of years of 365 and of 366 days. */
#define BOTH_YEARS INT64_C(133590)

static const struct {
    const char *name, *plan_name;
    int32_t numerator, denominator;   /* of one day, where all are alike */
} conventions[DAY_COUNTS] = {
    [DAY_COUNT_30_360_BOND] = { "30/360 BOND", "30/360", 1, 360 },
    [DAY_COUNT_30E_360] = { "30E/360", "30E/360", 1, 360 },
    [DAY_COUNT_30E_360_ISDA] = { "30E/360 ISDA", NULL, 1, 360 },
    [DAY_COUNT_30_360_US] = { "30/360 US", NULL, 1, 360 },
    [DAY_COUNT_30_360_PSA] = { "30/360 PSA", NULL, 1, 360 },
    [DAY_COUNT_30E_PLUS_360] = { "30E+/360", NULL, 1, 360 },
    [DAY_COUNT_30_365] = { "30/365", NULL, 1, 365 },
    [DAY_COUNT_ACT_360] = { "ACT/360", "actual/360", 1, 360 },
    [DAY_COUNT_ACT_364] = { "ACT/364", NULL, 1, 364 },
    [DAY_COUNT_ACT_365F] = { "ACT/365F", "actual/365", 1, 365 },
    [DAY_COUNT_ACT_365_25] = { "ACT/365.25", NULL, 4, 1461 },
    [DAY_COUNT_NL_365] = { "NL/365", NULL, 1, 365 },
    [DAY_COUNT_ACT_ACT_ISDA] = { "ACT/ACT ISDA", "actual/actual", 0, 0 },
    [DAY_COUNT_ACT_ACT_ICMA] = { "ACT/ACT ICMA", NULL, 0, 0 },
    [DAY_COUNT_ACT_ACT_AFB] = { "ACT/ACT AFB", NULL, 0, 0 },
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool ends_february(struct civil date)
{
    return date.month == 2 && date.day >= 28 && date.day == date_days_in_month(date.year, 2);
}

/* The day of the month at the end; that at the start needs no more than its own date. */
static int end_day(enum day_count convention, struct civil from, struct civil to, bool to_terminates)
{
    const bool start_is_30 = from.day >= 30 || ((convention == DAY_COUNT_30_360_US || convention == DAY_COUNT_30_360_PSA) && ends_february(from));
    switch (convention) {
    case DAY_COUNT_30_360_US:
        if (ends_february(from) && ends_february(to))
            return 30;
        break;
    case DAY_COUNT_30E_360_ISDA:
        return to.day == 31 || (ends_february(to) && !to_terminates) ? 30 : to.day;
    case DAY_COUNT_30E_PLUS_360:
        return to.day;   /* in months of 30 days the 31st is the 1st of the next month already */
    case DAY_COUNT_30E_360:
    case DAY_COUNT_30_365:
        return to.day == 31 ? 30 : to.day;
    default:
        break;
    }
    return to.day == 31 && start_is_30 ? 30 : to.day;
}

static int start_day(enum day_count convention, struct civil from)
{
    const bool february_counts = convention == DAY_COUNT_30E_360_ISDA || convention == DAY_COUNT_30_360_US || convention == DAY_COUNT_30_360_PSA;
    return from.day == 31 || (february_counts && ends_february(from)) ? 30 : from.day;
}

static int32_t days_of_30(enum day_count convention, int32_t from_date, int32_t to_date, const struct day_count_context *context)
{
    const struct civil from = date_to_civil(from_date), to = date_to_civil(to_date);
    const int32_t months = 360 * (to.year - from.year) + 30 * (to.month - from.month);
    if (from.day < 28 && to.day < 28)   /* most dates: the conventions differ at the ends of months only */
        return months + to.day - from.day;
    const bool terminates = context && context->has_termination && context->termination == to_date;
    return months + end_day(convention, from, to, terminates) - start_day(convention, from);
}

/* 29 Februaries up to and with a date. */
static int32_t leap_days(int32_t date)
{
    const struct civil civil = date_to_civil(date);
    const int years = civil.year - (civil.month < 2 || (civil.month == 2 && civil.day < 29));
    return years / 4 - years / 100 + years / 400;
}

/* Years from year 0 to a date, over BOTH_YEARS: a day of a common year is 366 of them, one of a leap year 365. */
static int64_t isda_position(int32_t date)
{
    static const short before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    const struct civil at = date_to_civil(date);
    const bool leap = is_leap(at.year);
    const int day = before[at.month - 1] + at.day - 1 + (leap && at.month > 2);
    return BOTH_YEARS * at.year + day * (leap ? 365 : 366);
}

/* Whether there is a 29 February from `from`, counted, to `to`, not counted. */
static bool has_leap_day(int32_t from, int32_t to)
{
    return leap_days(to - 1) > leap_days(from - 1);
}

/* Years counted back from the end keep its day of the month: the last of them from 28 February is a 28 February, in leap years too.
 * (The memorandum of 1999 would have the 29th; Strata and QuantLib do not, nor do the definitions of the FBF.) */
static int64_t afb_fraction(int32_t from, int32_t to)
{
    const struct civil start = date_to_civil(from), end = date_to_civil(to);
    int years = end.year - start.year;
    int32_t rest = years ? date_add_months(to, -12 * years, end.day) : to;
    if (rest < from)
        rest = --years ? date_add_months(to, -12 * years, end.day) : to;
    return BOTH_YEARS * years + (int64_t)(rest - from) * (has_leap_day(from, rest) ? 365 : 366);
}

/* The regular periods of ICMA, numbered from the reference period, 0. */
struct regular {
    int32_t start;
    int months, days;          /* of one period: months, or days where periods a year do not divide a year's months */
    int anchor;                /* the day of the month they begin on, clipped to short months */
    int per_year;
};

static int32_t regular_start(const struct regular *periods, int number)
{
    return periods->months ? date_add_months(periods->start, number * periods->months, periods->anchor) : periods->start + number * periods->days;
}

/* When both ends are the last of their months, all are. */
static int anchor_of(struct civil start, struct civil end)
{
    if (start.day == date_days_in_month(start.year, start.month) && end.day == date_days_in_month(end.year, end.month))
        return 31;
    return start.day > end.day ? start.day : end.day;
}

static bool regular_of(int32_t first, int32_t second, int asked, struct regular *out)
{
    const struct civil start = date_to_civil(first), end = date_to_civil(second);
    *out = (struct regular){ .start = first, .days = second - first, .anchor = anchor_of(start, end), .per_year = asked };
    const int months = 12 * (end.year - start.year) + end.month - start.month;
    if (!asked) {
        if (months <= 0 || months > 12 || 12 % months != 0)
            return false;
        out->per_year = 12 / months;
    }
    /* A reference period that is not as long as its frequency says leaves nothing to derive others from but its own length. */
    if (12 % out->per_year == 0 && date_add_months(first, 12 / out->per_year, out->anchor) == second)
        out->months = 12 / out->per_year;
    return asked || out->months;
}

struct icma_position {
    int number;                /* of the period the date is in */
    int32_t part, length;      /* days of it before the date, and all */
};

static int floor_divide(int a, int b)
{
    return a / b - (a % b < 0);
}

static struct icma_position icma_position(const struct regular *periods, int32_t date)
{
    int number;
    if (periods->months) {
        const struct civil start = date_to_civil(periods->start), at = date_to_civil(date);
        number = floor_divide(12 * (at.year - start.year) + at.month - start.month, periods->months);
        /* Early in its month the date may still be in the period before. */
        number -= regular_start(periods, number) > date;
    } else {
        number = floor_divide(date - periods->start, periods->days);
    }
    const int32_t start = regular_start(periods, number);
    return (struct icma_position){ number, date - start, regular_start(periods, number + 1) - start };
}

/* Beyond the reference period: whole periods, and parts of those at both ends. */
static void icma_across(const struct regular *periods, int32_t from, int32_t to, struct day_fraction *out)
{
    struct icma_position a = icma_position(periods, from), b = icma_position(periods, to);
    if (a.part == 0)
        a.length = b.length;
    if (b.part == 0)
        b.length = a.length;
    const int64_t whole = b.number - a.number, per_year = periods->per_year;
    out->days = to - from;
    if (a.length == b.length) {
        out->numerator = whole * a.length + b.part - a.part;
        out->denominator = per_year * a.length;
    } else {
        out->numerator = whole * a.length * b.length + (int64_t)b.part * a.length - (int64_t)a.part * b.length;
        out->denominator = per_year * a.length * b.length;
    }
}

static bool icma_fraction(int32_t from, int32_t to, const struct day_count_context *context, struct day_fraction *out)
{
    const bool given = context && context->has_reference;
    const int32_t first = given ? context->reference_start : from, second = given ? context->reference_end : to;
    const int asked = context ? context->periods_per_year : 0;
    if (second <= first || asked < 0 || asked > 366)
        return false;
    if (asked && from >= first && to <= second) {   /* the usual case, which needs no other period */
        *out = (struct day_fraction){ to - from, to - from, (int64_t)asked * (second - first) };
        return true;
    }
    struct regular periods;
    if (!regular_of(first, second, asked, &periods))
        return false;
    icma_across(&periods, from, to, out);
    return true;
}

static int32_t days_between(enum day_count convention, int32_t from, int32_t to, const struct day_count_context *context)
{
    if (convention <= DAY_COUNT_30_365)
        return days_of_30(convention, from, to, context);
    return to - from - (convention == DAY_COUNT_NL_365 ? leap_days(to) - leap_days(from) : 0);
}

bool day_count_measure(enum day_count convention, int32_t from, int32_t to, const struct day_count_context *context, struct day_fraction *out)
{
    if (to < from)
        return false;
    if (conventions[convention].denominator) {
        /* From the last of February to itself the rules for start and end differ by up to two days: no time passes. */
        const int32_t days = to == from ? 0 : days_between(convention, from, to, context);
        *out = (struct day_fraction){ days, (int64_t)days * conventions[convention].numerator, conventions[convention].denominator };
        return true;
    }
    if (convention == DAY_COUNT_ACT_ACT_ICMA && to > from)
        return icma_fraction(from, to, context, out);
    int64_t numerator = 0;
    if (to > from)
        numerator = convention == DAY_COUNT_ACT_ACT_AFB ? afb_fraction(from, to) : isda_position(to) - isda_position(from);
    *out = (struct day_fraction){ to - from, numerator, BOTH_YEARS };
    return true;
}

bool day_count_parse(struct slice text, enum day_count *out)
{
    int index = find_name(text, &conventions[0].name, sizeof *conventions, DAY_COUNTS, slice_equals);
    if (index < 0)
        index = find_name(text, &conventions[0].plan_name, sizeof *conventions, DAY_COUNTS, slice_equals);
    if (index >= 0)
        *out = (enum day_count)index;
    return index >= 0;
}

struct slice day_count_name(enum day_count convention)
{
    return slice_from_text(conventions[convention].name);
}

struct slice day_count_plan_name(enum day_count convention)
{
    return slice_from_text(conventions[convention].plan_name);
}
