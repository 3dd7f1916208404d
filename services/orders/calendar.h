/* National public holidays as data: calendars/<CC>.def holds a country's, by the law they come from. Pure: no state of its own, and the
 * little that is worth keeping between questions (a schedule asks for many days of few years) is in a cache the caller owns.
 *
 * Kept for 2022 and later. Of years to come it knows what the law says today; days that are decreed year by year (bridges of Argentina) are
 * there once they are published. Regional and local holidays are not, nor those that only banks have. */
#ifndef CUOTAS_ORDERS_CALENDAR_H
#define CUOTAS_ORDERS_CALENDAR_H

#include "base/slice.h"

struct calendar;

/* By ISO 3166 code ("CO"); NULL when there is none. */
const struct calendar *calendar_find(struct slice code);
/* All of them, in the order of their codes; NULL behind the last. */
const struct calendar *calendar_at(size_t index);
struct slice calendar_code(const struct calendar *calendar);
/* Bit date_weekday() for each day of the weekend. */
unsigned calendar_weekend(const struct calendar *calendar);

struct calendar_day {
    int32_t date;
    const char *local, *english;   /* what is celebrated, as the country calls it and in English */
};

#define CALENDAR_DAYS_MAX 48
/* The holidays of a year by date; two on the same day are two entries. Returns how many. */
size_t calendar_days(const struct calendar *calendar, int year, struct calendar_day out[CALENDAR_DAYS_MAX]);
/* Whether a date is one, and which (out may be NULL). */
bool calendar_is_holiday(const struct calendar *calendar, int32_t date, struct calendar_day *out);

/* All zero at first. Remembers the last even and the last odd year asked for, each of any calendar. */
struct calendar_cache {
    struct calendar_cache_year {
        const struct calendar *calendar;
        int32_t first;             /* 1 January */
        uint64_t holidays[6];      /* bit by bit from there */
    } years[2];
};
bool calendar_is_holiday_cached(const struct calendar *calendar, struct calendar_cache *cache, int32_t date);

/* Easter Sunday of the Gregorian calendar. */
int32_t calendar_easter(int year);

#endif
