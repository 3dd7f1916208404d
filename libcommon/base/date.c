/* Civil dates by Howard Hinnant's algorithms (howardhinnant.github.io/date_algorithms.html), and RFC 3339 text. Pure, but for
 * date_of_time and date_start_us, which read the process's zone. */
#include "base/date.h"

#include "base/digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAY_S INT64_C(86400)
#define SECOND_US INT64_C(1000000)

int32_t date_from_civil(struct civil civil)
{
    int year = civil.month <= 2 ? civil.year - 1 : civil.year;   /* years start in March: the leap day comes last */
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int day_of_year = (153 * (civil.month + (civil.month > 2 ? -3 : 9)) + 2) / 5 + civil.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms" (2022): divisions as multiplications and shifts, for
 * schedules and holidays ask for thousands of dates. Days are counted from 1 March of the year -32800, so that all are positive. */
struct civil date_to_civil(int32_t date)
{
    const uint32_t days = (uint32_t)date + 719468 + 82 * 146097;
    const uint32_t of_centuries = 4 * days + 3, century = of_centuries / 146097;
    const uint64_t of_years = UINT64_C(2939745) * ((of_centuries % 146097) | 3);
    const uint32_t year = 100 * century + (uint32_t)(of_years >> 32);
    const uint32_t day_of_year = (uint32_t)of_years / 2939745 / 4;
    const uint32_t of_months = 2141 * day_of_year + 197913;
    const bool next = day_of_year >= 306;   /* January and February end the year that began in March */
    return (struct civil){ .year = (int)year - 82 * 400 + next, .month = (int)(of_months >> 16) - (next ? 12 : 0),
                           .day = (int)((of_months & 0xffff) / 2141) + 1 };
}

int date_days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

int date_weekday(int32_t date)
{
    int day = (date + 3) % 7;   /* 1970-01-01 was a Thursday */
    return day < 0 ? day + 7 : day;
}

int32_t date_add_months(int32_t date, int months, int anchor_day)
{
    struct civil civil = date_to_civil(date);
    int count = civil.year * 12 + civil.month - 1 + months;
    int year = count / 12, month = count % 12 + 1;
    int last = date_days_in_month(year, month);
    return date_from_civil((struct civil){ year, month, anchor_day < last ? anchor_day : last });
}

void date_format(int32_t date, char out[DATE_BYTES + 1])
{
    const struct civil civil = date_to_civil(date);
    char *p = digits_put_pair(out, (unsigned)civil.year / 100 % 100);   /* never past the table */
    p = digits_put_pair(p, (unsigned)civil.year % 100);
    *p++ = '-';
    p = digits_put_pair(p, (unsigned)civil.month);
    *p++ = '-';
    p = digits_put_pair(p, (unsigned)civil.day);
    *p = '\0';
}

/* Takes exactly `digits` decimal digits off *s, and then `end` when it is not NUL. */
static bool take_digits(struct slice *s, size_t digits, char end, int *out)
{
    if (s->size < digits + (end != 0))
        return false;
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (s->data[i] < '0' || s->data[i] > '9')
            return false;
        value = value * 10 + (s->data[i] - '0');
    }
    if (end && s->data[digits] != end)
        return false;
    *out = value;
    *s = slice_of(s->data + digits + (end != 0), s->size - digits - (end != 0));
    return true;
}

static bool take_date(struct slice *s, int32_t *out)
{
    struct civil c;
    if (!take_digits(s, 4, '-', &c.year) || !take_digits(s, 2, '-', &c.month) || !take_digits(s, 2, 0, &c.day))
        return false;
    if (!date_valid_year(c.year) || c.month < 1 || c.month > 12 || c.day < 1 || c.day > date_days_in_month(c.year, c.month))
        return false;
    *out = date_from_civil(c);
    return true;
}

bool date_parse(struct slice text, int32_t *out)
{
    return take_date(&text, out) && text.size == 0;
}

void time_format(int64_t time_us, char out[28])
{
    const int64_t day_us = DAY_S * SECOND_US;
    const int64_t date = time_us / day_us - (time_us % day_us < 0);
    const int64_t day_part_us = time_us - date * day_us;
    const unsigned second = (unsigned)(day_part_us / SECOND_US), us = (unsigned)(day_part_us % SECOND_US);
    date_format((int32_t)date, out);
    char *p = out + DATE_BYTES;
    *p++ = 'T';
    p = digits_put_pair(p, second / 3600);
    *p++ = ':';
    p = digits_put_pair(p, second / 60 % 60);
    *p++ = ':';
    p = digits_put_pair(p, second % 60);
    *p++ = '.';
    p = digits_put_pair(p, us / 10000);
    p = digits_put_pair(p, us / 100 % 100);
    p = digits_put_pair(p, us % 100);
    *p++ = 'Z';
    *p = '\0';
}

/* ".123456789" -> microseconds, further digits cut off; no fraction -> 0. */
static bool take_fraction(struct slice *s, int64_t *us)
{
    *us = 0;
    if (!s->size || s->data[0] != '.')
        return true;
    size_t i = 1;
    for (int64_t unit = SECOND_US / 10; i < s->size && s->data[i] >= '0' && s->data[i] <= '9'; i++, unit /= 10)
        *us += (s->data[i] - '0') * unit;
    bool any = i > 1 && i <= 10;
    *s = slice_of(s->data + i, s->size - i);
    return any;
}

/* "Z" or "+hh:mm", to seconds east. */
static bool take_offset(struct slice *s, int *offset_s)
{
    *offset_s = 0;
    if (s->size == 1 && (s->data[0] == 'Z' || s->data[0] == 'z'))
        return true;
    if (s->size != 6 || (s->data[0] != '+' && s->data[0] != '-'))
        return false;
    int sign = s->data[0] == '-' ? -1 : 1, hours, minutes;
    *s = slice_of(s->data + 1, s->size - 1);
    if (!take_digits(s, 2, ':', &hours) || !take_digits(s, 2, 0, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool time_parse(struct slice text, int64_t *out)
{
    int32_t date;
    int hour, minute, second, offset_s;
    int64_t fraction_us;
    if (!take_date(&text, &date) || !text.size || (text.data[0] != 'T' && text.data[0] != 't'))
        return false;
    text = slice_of(text.data + 1, text.size - 1);
    if (!take_digits(&text, 2, ':', &hour) || !take_digits(&text, 2, ':', &minute) || !take_digits(&text, 2, 0, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59 || !take_fraction(&text, &fraction_us) || !take_offset(&text, &offset_s))
        return false;
    *out = (date * DAY_S + hour * 3600 + minute * 60 + second - offset_s) * SECOND_US + fraction_us;
    return true;
}

int32_t date_of_time(int64_t time_us)
{
    time_t seconds = (time_t)(time_us / SECOND_US - (time_us % SECOND_US < 0));
    struct tm local;
    localtime_r(&seconds, &local);
    return date_from_civil((struct civil){ local.tm_year + 1900, local.tm_mon + 1, local.tm_mday });
}

int64_t date_start_us(int32_t date)
{
    /* The first second whose local date is `date`: by search, since midnight itself may not exist where clocks go forward at
     * 00:00. No zone is further than 26 hours from UTC. */
    int64_t low = (date - 2) * DAY_S, high = (date + 2) * DAY_S;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (date_of_time(middle * SECOND_US) < date)
            low = middle + 1;
        else
            high = middle;
    }
    return low * SECOND_US;
}

struct slice date_zone(void)
{
    const char *zone = getenv("TZ");
    return zone ? slice_from_text(zone) : SLICE_NONE;
}
