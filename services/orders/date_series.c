/* Series of dates. The k-th date is k steps from the date counted from, never a step from its neighbour: clipping does not accumulate. Pure. */
#include "date_series.h"

#include "base/date.h"

int32_t date_roll(int32_t date, int roll_day)
{
    return date_add_months(date, 0, roll_day);
}

/* As Strata's roll conventions: the month is found from the clipped date, and one more is added where its roll day is not later. */
int32_t date_roll_next(int32_t date, int months, int roll_day)
{
    const int32_t next = date_add_months(date, months, roll_day);
    return next > date ? next : date_add_months(date, months + 1, roll_day);
}

int32_t date_roll_previous(int32_t date, int months, int roll_day)
{
    const int32_t previous = date_add_months(date, -months, roll_day);
    return previous < date ? previous : date_add_months(date, -months - 1, roll_day);
}

static bool is_last_open_day(const struct closed_days *closed, int32_t date)
{
    int32_t last;
    return business_day_at_or_before(closed, date_roll(date, DATE_ROLL_END_OF_MONTH), &last) && last == date;
}

bool date_months_later(int32_t date, int months, enum month_addition addition, const struct closed_days *closed, int32_t *out)
{
    const int32_t plain = date_add_months(date, months, date_to_civil(date).day);
    const int32_t last = date_roll(plain, DATE_ROLL_END_OF_MONTH);
    *out = plain;
    if (addition == MONTHS_LAST_DAY && date_roll(date, DATE_ROLL_END_OF_MONTH) == date)
        *out = last;
    if (addition == MONTHS_LAST_BUSINESS_DAY && is_last_open_day(closed, date))
        return business_day_at_or_before(closed, last, out) && date_to_civil(*out).month == date_to_civil(last).month;
    return true;
}

static bool is_valid(const struct date_series *series)
{
    const int first_year = date_to_civil(series->start).year;
    if (first_year < 1583 || series->months < 1 || series->months > 1200 || series->roll_day < 1 || series->roll_day > 31)
        return false;
    if (series->has_end)
        return series->end > series->start && date_valid_year(date_to_civil(series->end).year);
    const bool counts_from_end = series->stub == SERIES_STUB_SHORT_INITIAL || series->stub == SERIES_STUB_LONG_INITIAL;
    return !counts_from_end && series->count >= 1 && first_year + ((int64_t)series->count * series->months + 11) / 12 <= 9999;
}

struct dates {
    int32_t *at;
    size_t count, capacity;
    bool full;
};

static void push(struct dates *dates, int32_t date)
{
    if (dates->count == dates->capacity)
        dates->full = true;
    else
        dates->at[dates->count++] = date;
}

/* The odd days behind the last regular date: a period of their own, or added to the last one if there is one. */
static void push_stub(struct dates *dates, int32_t date, bool is_long)
{
    if (is_long && dates->count > 1)
        dates->at[dates->count - 1] = date;
    else
        push(dates, date);
}

/* From one end towards the other, `direction` 1 or -1; dates come in that order. */
static enum date_series_result generate(const struct date_series *series, int direction, struct dates *dates)
{
    const int32_t from = direction > 0 ? series->start : series->end, to = direction > 0 ? series->end : series->start;
    if (date_roll(from, series->roll_day) != from)
        return DATE_SERIES_OFF_ROLL_DAY;
    push(dates, from);
    for (int k = 1; !dates->full && (series->has_end || k <= series->count); k++) {
        const int32_t date = date_add_months(from, direction * k * series->months, series->roll_day);
        if (series->has_end && (date - to) * direction > 0)
            break;
        push(dates, date);
    }
    if (series->has_end && !dates->full && dates->at[dates->count - 1] != to) {
        if (series->stub == SERIES_STUB_NONE)
            return DATE_SERIES_NOT_WHOLE;
        push_stub(dates, to, series->stub == SERIES_STUB_LONG_INITIAL || series->stub == SERIES_STUB_LONG_FINAL);
    }
    return dates->full ? DATE_SERIES_TOO_LONG : DATE_SERIES_OK;
}

static void reverse(struct dates *dates)
{
    for (size_t i = 0, j = dates->count - 1; i < j; i++, j--) {
        const int32_t date = dates->at[i];
        dates->at[i] = dates->at[j];
        dates->at[j] = date;
    }
}

static enum date_series_result adjust(const struct date_series *series, const int32_t *dates, size_t count, int32_t *adjusted)
{
    for (size_t i = 0; i < count; i++) {
        if (!business_day_adjust(series->closed, series->convention, dates[i], &adjusted[i]))
            return DATE_SERIES_NEVER_OPEN;
        if (i > 0 && adjusted[i] <= adjusted[i - 1])
            return DATE_SERIES_COLLIDES;
    }
    return DATE_SERIES_OK;
}

enum date_series_result date_series_fill(const struct date_series *series, int32_t *unadjusted, int32_t *adjusted, size_t capacity, size_t *count)
{
    if (!is_valid(series))
        return DATE_SERIES_INVALID;
    const bool backward = series->stub == SERIES_STUB_SHORT_INITIAL || series->stub == SERIES_STUB_LONG_INITIAL;
    struct dates dates = { .at = unadjusted, .capacity = capacity };
    const enum date_series_result result = generate(series, backward ? -1 : 1, &dates);
    if (result != DATE_SERIES_OK)
        return result;
    if (backward)
        reverse(&dates);
    *count = dates.count;
    return adjusted ? adjust(series, unadjusted, dates.count, adjusted) : DATE_SERIES_OK;
}
