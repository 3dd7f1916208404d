/* Civil dates (proleptic Gregorian), as the days since 1970-01-01, and their text. Pure, but for date_today and
 * date_start_us which read the merchant's zone (the process's TZ, set once at start by the service layer). */
#ifndef CUOTAS_BASE_DATE_H
#define CUOTAS_BASE_DATE_H

#include "base/slice.h"

struct civil {
    int year, month, day;   /* 1..9999, 1..12, 1..31 */
};

int32_t date_from_civil(struct civil civil);
struct civil date_to_civil(int32_t date);
int date_days_in_month(int year, int month);
/* 0 = Monday .. 6 = Sunday (ISO 8601 order). */
int date_weekday(int32_t date);
/* Same day `months` later, clipped to the month's last day; `anchor_day` (1..31) is the day aimed at, so that
 * 31 Jan, 28 Feb, 31 Mar follow each other. */
int32_t date_add_months(int32_t date, int months, int anchor_day);
#define DATE_BYTES 10
/* "2026-11-22"; out holds its NUL too. */
void date_format(int32_t date, char out[DATE_BYTES + 1]);
bool date_parse(struct slice text, int32_t *out);
/* RFC 3339 UTC with microseconds, "2026-11-22T00:06:17.123456Z"; out holds 28 bytes. */
void time_format(int64_t time_us, char out[28]);
bool time_parse(struct slice text, int64_t *out);
/* The merchant's local date at an instant, and the instant a local date starts. */
int32_t date_of_time(int64_t time_us);
int64_t date_start_us(int32_t date);
/* The merchant's zone by its name ("America/Bogota"), for SQL. */
struct slice date_zone(void);
static inline bool date_valid_year(int year) { return year >= 1 && year <= 9999; }

#endif
