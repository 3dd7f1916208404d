/* Due dates step from the first due date by months to an anchor day (clipped to shorter months, never drifting), by days, or from
 * one semimonth day to the next. Intervals for the APR laws count whole units backwards from the later date, so the odd days
 * stand at the beginning. Pure; relies on plan_check for ranges. */
#include "plan_dates.h"

#include "base/date.h"
#include "day_count.h"

static int32_t add_months(int32_t date, int64_t months, int anchor)
{
    return date_add_months(date, (int)months, anchor);
}

static int day_of(int32_t date)
{
    return date_to_civil(date).day;
}

/* The first semimonth day after `date`. */
static int32_t semimonth_next(const struct plan_frequency *frequency, int32_t date)
{
    const struct civil at = date_to_civil(date);
    const int length = date_days_in_month(at.year, at.month);
    for (int i = 0; i < 2; i++) {
        const int day = frequency->days[i] < length ? frequency->days[i] : length;
        if (day > at.day)
            return date + (day - at.day);
    }
    return add_months(date, 1, frequency->days[0]);
}

static int32_t semimonth_step(const struct plan_frequency *frequency, int32_t date)
{
    for (int i = 0; i < frequency->every; i++)
        date = semimonth_next(frequency, date);
    return date;
}

/* The last semimonth day before `date`. */
static int32_t semimonth_previous(const struct plan_frequency *frequency, int32_t date)
{
    const struct civil at = date_to_civil(date);
    const int length = date_days_in_month(at.year, at.month);
    for (int i = 2; i-- > 0;) {
        const int day = frequency->days[i] < length ? frequency->days[i] : length;
        if (day < at.day)
            return date - (at.day - day);
    }
    return add_months(date, -1, frequency->days[1]);
}

static int days_per_unit(enum plan_unit unit)
{
    return unit == PLAN_WEEK ? 7 : 1;
}

static bool is_month_end(int32_t date)
{
    const struct civil at = date_to_civil(date);
    return at.day == date_days_in_month(at.year, at.month);
}

/* The day of the month that due dates aim at. `first`: the first due date, by clipping when it follows from the start. A start on the last day of a
 * month (28 February) aims at last days, too. */
static int anchor_of(const struct plan_terms *terms, int32_t first)
{
    if (terms->frequency.unit == PLAN_MONTH && terms->frequency.days[0])
        return terms->frequency.days[0];
    const int32_t date = terms->has_first_due_date ? first : terms->start_date;
    return terms->end_of_month && (is_month_end(first) || is_month_end(date)) ? 31 : day_of(date);
}

int32_t plan_first_due_date(const struct plan_terms *terms)
{
    const struct plan_frequency *frequency = &terms->frequency;
    if (terms->has_first_due_date)
        return terms->first_due_date;
    if (frequency->unit == PLAN_MONTH) {
        const int32_t clipped = add_months(terms->start_date, frequency->every, day_of(terms->start_date));
        return add_months(clipped, 0, anchor_of(terms, clipped));
    }
    if (frequency->unit == PLAN_SEMIMONTH)
        return semimonth_step(frequency, terms->start_date);
    return terms->start_date + frequency->every * days_per_unit(frequency->unit);
}

static int32_t due_date_after(const struct plan_terms *terms, int32_t first, int anchor, int index, int32_t previous)
{
    const struct plan_frequency *frequency = &terms->frequency;
    if (frequency->unit == PLAN_MONTH)
        return add_months(first, (int64_t)index * frequency->every, anchor);
    if (frequency->unit == PLAN_SEMIMONTH)
        return semimonth_step(frequency, previous);
    return previous + frequency->every * days_per_unit(frequency->unit);
}

int32_t plan_nominal_due_date(const struct plan_terms *terms, int number)
{
    const int32_t first = plan_first_due_date(terms);
    return number == 1 ? first : due_date_after(terms, first, anchor_of(terms, first), 1, first);
}

/* Off closed days. Where that meets the due date before, or the start, it is the first open day after it. */
static bool adjust(const struct plan_terms *terms, int32_t previous, int32_t *date)
{
    if (!business_day_adjust(terms->closed, terms->business_day, *date, date))
        return false;
    return *date > previous || business_day_at_or_after(terms->closed, previous + 1, date);
}

/* Due dates by the terms' steps, before they are moved off closed days; from the first, or from one of the later ones. */
struct series {
    const struct plan_terms *terms;
    int32_t first, nominal;
    int anchor, index;
};

static struct series series_of(const struct plan_terms *terms)
{
    struct series series = { .terms = terms };
    series.first = terms->method == PLAN_CUSTOM ? terms->rows[0].due_date : plan_first_due_date(terms);
    series.anchor = terms->method == PLAN_CUSTOM ? 0 : anchor_of(terms, series.first);
    series.nominal = series.first;
    return series;
}

static void series_step(struct series *series)
{
    const struct plan_terms *terms = series->terms;
    series->index++;
    if (terms->method != PLAN_CUSTOM)
        series->nominal = due_date_after(terms, series->first, series->anchor, series->index, series->nominal);
    else if (series->index < terms->installments)
        series->nominal = terms->rows[series->index].due_date;
}

static bool fill_from(struct series series, int32_t previous, struct plan_row *rows, size_t count)
{
    const struct plan_terms *terms = series.terms;
    for (size_t i = 0; i < count; i++, series_step(&series)) {
        rows[i].number = (int)i + 1;
        rows[i].due_date = series.nominal;
        if (terms->business_day != BUSINESS_DAY_NONE && !adjust(terms, previous, &rows[i].due_date))
            return false;
        rows[i].days = rows[i].due_date - previous;
        previous = rows[i].due_date;
    }
    return true;
}

bool plan_dates_fill(const struct plan_terms *terms, struct plan_row *rows)
{
    return fill_from(series_of(terms), terms->start_date, rows, (size_t)terms->installments);
}

/* The series at its first date that lies at `date` or behind it once moved off closed days. */
static struct series series_at(const struct plan_terms *terms, int32_t date)
{
    struct series series = series_of(terms);
    int32_t due = series.nominal;
    while (series.nominal < date - BUSINESS_DAY_REACH)
        series_step(&series);
    for (;; series_step(&series)) {
        due = series.nominal;
        if (terms->business_day != BUSINESS_DAY_NONE && !business_day_adjust(terms->closed, terms->business_day, due, &due))
            due = series.nominal;
        if (due >= date)
            return series;
    }
}

bool plan_dates_from(const struct plan_terms *terms, const struct closed_days *closed, int32_t due, int skip, int32_t start, struct plan_row *rows, size_t count,
                     int32_t *nominal)
{
    struct plan_terms now = *terms;
    struct series series = series_at(terms, due);
    now.closed = closed;
    series.terms = &now;
    while (skip-- > 0)
        series_step(&series);
    *nominal = series.nominal;
    return fill_from(series, start, rows, count);
}

int32_t plan_date_of_day(const struct plan_frequency *frequency, int32_t date)
{
    if (frequency->unit == PLAN_SEMIMONTH)
        return semimonth_next(frequency, date - 1);
    const int32_t this_month = add_months(date, 0, frequency->days[0]);
    return this_month >= date ? this_month : add_months(date, 1, frequency->days[0]);
}

bool plan_frequency_valid(const struct plan_frequency *frequency)
{
    static const int most[] = { [PLAN_DAY] = 365, [PLAN_WEEK] = 52, [PLAN_SEMIMONTH] = 24, [PLAN_MONTH] = 12 };
    return frequency->every >= 1 && frequency->every <= most[frequency->unit];
}

void plan_periods_per_year(const struct plan_frequency *frequency, int64_t *numerator, int64_t *denominator)
{
    static const int per_year[] = { [PLAN_DAY] = 365, [PLAN_WEEK] = 52, [PLAN_SEMIMONTH] = 24, [PLAN_MONTH] = 12 };
    *numerator = per_year[frequency->unit];
    *denominator = frequency->every;
}

static struct day_fraction measured(enum plan_day_count convention, int32_t from, int32_t to)
{
    static const enum day_count conventions[] = { [PLAN_30_360] = DAY_COUNT_30_360_BOND, [PLAN_30E_360] = DAY_COUNT_30E_360,
                                                  [PLAN_ACTUAL_360] = DAY_COUNT_ACT_360, [PLAN_ACTUAL_365] = DAY_COUNT_ACT_365F,
                                                  [PLAN_ACTUAL_ACTUAL] = DAY_COUNT_ACT_ACT_ISDA };
    struct day_fraction fraction;
    if (!day_count_measure(conventions[convention], from, to, NULL, &fraction))
        __builtin_trap();   /* dates are in order */
    return fraction;
}

int32_t plan_days(enum plan_day_count convention, int32_t from, int32_t to)
{
    return convention == PLAN_PERIOD ? to - from : measured(convention, from, to).days;
}

/* Whole periods back from `to`, and what is left before them: odd_days of the length the period there has. */
struct periods {
    int64_t whole;
    int32_t odd_days, length;
};

static struct periods periods_of_days(int32_t from, int32_t to, int32_t length)
{
    return (struct periods){ (to - from) / length, (to - from) % length, length };
}

/* One period before a due date of months or semimonths: the number-th before `to`. */
static int32_t period_before(const struct plan_frequency *frequency, int32_t to, int anchor, int64_t number, int32_t later)
{
    if (frequency->unit == PLAN_MONTH)
        return add_months(to, -number * frequency->every, anchor);
    for (int i = 0; i < frequency->every; i++)
        later = semimonth_previous(frequency, later);
    return later;
}

static struct periods periods_between(const struct plan_frequency *frequency, int32_t from, int32_t to, int anchor)
{
    if (frequency->unit == PLAN_DAY || frequency->unit == PLAN_WEEK)
        return periods_of_days(from, to, frequency->every * days_per_unit(frequency->unit));
    const struct plan_interval months = plan_interval_months(from, to);
    if (frequency->unit == PLAN_MONTH && months.odd_days == 0 && months.units % frequency->every == 0)
        return (struct periods){ .whole = months.units / frequency->every, .length = 1 };   /* 31 January to 28 February, too */
    struct periods periods = { .whole = 0 };
    int32_t begin = to, before;
    while ((before = period_before(frequency, to, anchor, periods.whole + 1, begin)) >= from) {
        begin = before;
        periods.whole++;
    }
    periods.odd_days = begin - from;
    periods.length = begin - before;
    return periods;
}

void plan_first_fraction(const struct plan_terms *terms, int32_t from, int32_t to, int64_t *numerator, int64_t *denominator)
{
    const struct periods periods = periods_between(&terms->frequency, from, to, anchor_of(terms, to));
    plan_periods_per_year(&terms->frequency, denominator, numerator);
    if (periods.odd_days == 0) {
        *numerator *= periods.whole;
        return;
    }
    *numerator *= periods.whole * periods.length + periods.odd_days;
    *denominator *= periods.length;
}

void plan_row_fraction(const struct plan_terms *terms, const struct plan_row *row, int64_t *numerator, int64_t *denominator)
{
    if (terms->day_count == PLAN_PERIOD && terms->method != PLAN_CUSTOM && row->number == 1)
        plan_first_fraction(terms, terms->start_date, plan_first_due_date(terms), numerator, denominator);
    else
        plan_year_fraction(terms->day_count, &terms->frequency, row->due_date - row->days, row->due_date, numerator, denominator);
}

bool plan_is_due_day(const struct plan_frequency *frequency, int32_t date)
{
    return semimonth_next(frequency, date - 1) == date;
}

void plan_year_fraction(enum plan_day_count convention, const struct plan_frequency *frequency, int32_t from, int32_t to,
                        int64_t *numerator, int64_t *denominator)
{
    if (convention == PLAN_PERIOD) {
        plan_periods_per_year(frequency, denominator, numerator);
        return;
    }
    const struct day_fraction fraction = measured(convention, from, to);
    *numerator = fraction.numerator;
    *denominator = fraction.denominator;
}

struct plan_interval plan_interval_months(int32_t from, int32_t to)
{
    const struct civil a = date_to_civil(from), b = date_to_civil(to);
    int64_t months = 12 * (int64_t)(b.year - a.year) + b.month - a.month;
    if (add_months(from, months, a.day) == to)
        return (struct plan_interval){ .units = months, .odd_end = from };
    int32_t start = add_months(to, -months, b.day);
    if (start < from)
        start = add_months(to, -(--months), b.day);
    return (struct plan_interval){ .units = months, .odd_days = start - from, .odd_end = start };
}

struct plan_interval plan_interval_weeks(int32_t from, int32_t to)
{
    const int32_t days = to - from;
    return (struct plan_interval){ .units = days / 7, .odd_days = days % 7, .odd_end = from + days % 7 };
}

struct plan_interval plan_interval_years(int32_t from, int32_t to)
{
    const struct plan_interval months = plan_interval_months(from, to);
    const int64_t years = months.units / 12;
    if (months.units % 12 == 0)
        return (struct plan_interval){ .units = years, .odd_days = months.odd_days, .odd_end = months.odd_end };
    const int32_t start = add_months(to, -12 * years, day_of(to));
    return (struct plan_interval){ .units = years, .odd_days = start - from, .odd_end = start };
}

int plan_odd_year_days(int32_t odd_end)
{
    return odd_end - add_months(odd_end, -12, day_of(odd_end));
}

static struct plan_unit_periods split(int64_t total, int64_t per_unit)
{
    return (struct plan_unit_periods){ total / per_unit, total % per_unit, per_unit };
}

/* (b)(5)(v): what is left over beside whole years counts in months if it is whole months, else in days of 365. */
static struct plan_unit_periods years_between(int32_t from, int32_t to)
{
    const struct plan_interval months = plan_interval_months(from, to);
    if (months.odd_days == 0)
        return split(months.units, 12);
    const struct plan_interval years = plan_interval_years(from, to);
    return (struct plan_unit_periods){ years.units, years.odd_days, 365 };
}

static bool is_year(const struct plan_frequency *frequency)
{
    return frequency->unit == PLAN_MONTH && frequency->every == 12;
}

struct plan_unit_periods plan_unit_periods(const struct plan_frequency *frequency, int32_t from, int32_t to)
{
    if (frequency->unit == PLAN_DAY || frequency->unit == PLAN_WEEK)
        return split(to - from, (int64_t)frequency->every * days_per_unit(frequency->unit));
    if (is_year(frequency))
        return years_between(from, to);
    const struct plan_interval months = plan_interval_months(from, to);
    /* A month left over counts 30 days, a semimonth 15; actual odd days may be 30, which is less than the 31-day month they are in. */
    if (frequency->unit == PLAN_MONTH) {
        const int64_t whole = months.units / frequency->every;
        return (struct plan_unit_periods){ whole, months.units % frequency->every * 30 + months.odd_days, 30 * (int64_t)frequency->every };
    }
    const int64_t semimonths = 2 * months.units + months.odd_days / 15;
    return (struct plan_unit_periods){ semimonths / frequency->every, semimonths % frequency->every * 15 + months.odd_days % 15,
                                       15 * (int64_t)frequency->every };
}

struct plan_unit_periods plan_unit_periods_of(const struct plan_frequency *frequency, int64_t months, int64_t days)
{
    if (frequency->unit == PLAN_DAY || frequency->unit == PLAN_WEEK)
        return split(days, (int64_t)frequency->every * days_per_unit(frequency->unit));
    if (is_year(frequency) && days > 0) {
        struct plan_unit_periods years = split(months % 12 * 30 + days, 365);
        years.whole += months / 12;
        return years;
    }
    return split(30 * months + days, (frequency->unit == PLAN_MONTH ? 30 : 15) * (int64_t)frequency->every);
}
