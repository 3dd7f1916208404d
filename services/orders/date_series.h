/* Dates at equal steps of months: the regular dates of a schedule, its odd periods, and where they fall on open days. Pure.
 *
 * Every date aims at one day of the month, clipped to shorter months, so that 31 January, 28 February and 31 March follow each other; the end of
 * the month is day 31. Unadjusted dates never depend on the adjusted ones: a month that begins late does not move the next. */
#ifndef CUOTAS_ORDERS_DATE_SERIES_H
#define CUOTAS_ORDERS_DATE_SERIES_H

#include "business_day.h"

#define DATE_ROLL_END_OF_MONTH 31

/* The roll day of a date's own month. */
int32_t date_roll(int32_t date, int roll_day);
/* The roll day `months` months on or back, at least one day away: the roll day 4 after 31 August is 4 September by one month. months >= 1. */
int32_t date_roll_next(int32_t date, int months, int roll_day);
int32_t date_roll_previous(int32_t date, int months, int roll_day);

/* What adding months does at the end of a month, beside clipping. */
enum month_addition {
    MONTHS_CLIPPED,            /* nothing: 30 June and a month is 30 July */
    MONTHS_LAST_DAY,           /* the last day leads to the last day: 31 July */
    MONTHS_LAST_BUSINESS_DAY   /* the last open day leads to the last open day */
};
/* False when a month without an open day is in the way. closed may be NULL. */
bool date_months_later(int32_t date, int months, enum month_addition addition, const struct closed_days *closed, int32_t *out);

enum series_stub {
    SERIES_STUB_NONE,          /* start to end must be whole periods */
    SERIES_STUB_SHORT_INITIAL, /* counted back from the end; what is left before is a period of its own ... */
    SERIES_STUB_LONG_INITIAL,  /* ... or belongs to the first */
    SERIES_STUB_SHORT_FINAL,   /* counted from the start; what is left at the end is a period of its own ... */
    SERIES_STUB_LONG_FINAL     /* ... or belongs to the last */
};

struct date_series {
    int32_t start;
    bool has_end;
    int32_t end;
    int count;                 /* periods, when there is no end */
    int months;                /* in a period */
    int roll_day;              /* 1..31 */
    enum series_stub stub;
    enum business_day_convention convention;
    const struct closed_days *closed;   /* or NULL */
};

enum date_series_result {
    DATE_SERIES_OK,
    DATE_SERIES_INVALID,       /* no period at all, a roll day that is none, or years outside 1583..9999 */
    DATE_SERIES_OFF_ROLL_DAY,  /* the date the others are counted from is no roll day */
    DATE_SERIES_NOT_WHOLE,     /* odd days, and no stub to take them */
    DATE_SERIES_TOO_LONG,      /* more dates than there is room for */
    DATE_SERIES_NEVER_OPEN,    /* a date has no open day near it */
    DATE_SERIES_COLLIDES       /* two dates are adjusted to the same day */
};
/* Start, the dates between and end: `count` of them, one more than periods. `adjusted` may be NULL. */
enum date_series_result date_series_fill(const struct date_series *series, int32_t *unadjusted, int32_t *adjusted, size_t capacity, size_t *count);

#endif
