/* Calendar side of a plan: due dates, time between dates by day count, and the intervals the two APR laws ask for. */
#ifndef CUOTAS_ORDERS_PLAN_DATES_H
#define CUOTAS_ORDERS_PLAN_DATES_H

#include "plan.h"

/* First due date of the terms: as given, else one period after the start. A month keeps the start's day as its anchor
 * (31 Jan, 28 Feb, 31 Mar), a semimonth takes the `every`-th due day after the start. */
int32_t plan_first_due_date(const struct plan_terms *terms);
/* The first or the second (number 1 or 2), before it is moved off closed days; not of custom plans. */
int32_t plan_nominal_due_date(const struct plan_terms *terms, int number);
/* Due dates and calendar days of all rows; custom ones are given. False when closed days leave no open one for a year. */
bool plan_dates_fill(const struct plan_terms *terms, struct plan_row *rows);
/* The same for `count` rows of a plan that has begun: `skip` dates behind the first that is at or after `due`, the first period beginning at `start`. *nominal:
 * the first before it was moved. Numbers count from 1. The terms' closed days find the place, for the rows so far were laid by them; the new ones are laid by `closed`. */
bool plan_dates_from(const struct plan_terms *terms, const struct closed_days *closed, int32_t due, int skip, int32_t start, struct plan_row *rows, size_t count,
                     int32_t *nominal);
/* The first of the frequency's due days at or after a date; a month's is days[0]. */
int32_t plan_date_of_day(const struct plan_frequency *frequency, int32_t date);
/* Semimonth: whether a date is one of the two due days. */
bool plan_is_due_day(const struct plan_frequency *frequency, int32_t date);
/* At most a year: every x unit. */
bool plan_frequency_valid(const struct plan_frequency *frequency);
/* Periods a year: every 2 months 6/1, every 2 weeks 52/2, every 10 days 365/10. */
void plan_periods_per_year(const struct plan_frequency *frequency, int64_t *numerator, int64_t *denominator);

/* Days from..to by the convention (start included, end excluded); PLAN_PERIOD counts calendar days. */
int32_t plan_days(enum plan_day_count convention, int32_t from, int32_t to);
/* Fraction of a year of one period; with PLAN_PERIOD whatever its dates. */
void plan_year_fraction(enum plan_day_count convention, const struct plan_frequency *frequency, int32_t from, int32_t to,
                        int64_t *numerator, int64_t *denominator);

/* PLAN_PERIOD, of a first period that may be longer or shorter: whole periods back from `to` (before it is moved off closed days), and of the period before
 * those the part of its calendar days that is left. */
void plan_first_fraction(const struct plan_terms *terms, int32_t from, int32_t to, int64_t *numerator, int64_t *denominator);
/* Of a row of plan_build. */
void plan_row_fraction(const struct plan_terms *terms, const struct plan_row *row, int64_t *numerator, int64_t *denominator);

/* from..to as whole units plus odd days, counted backwards from `to`. A date that is `n` months after `from`
 * by clipping (31 Jan, 28 Feb) counts as n whole months. */
struct plan_interval {
    int64_t units;
    int32_t odd_days;
    int32_t odd_end;         /* the odd days are the last ones up to this date */
};
struct plan_interval plan_interval_months(int32_t from, int32_t to);
struct plan_interval plan_interval_weeks(int32_t from, int32_t to);
struct plan_interval plan_interval_years(int32_t from, int32_t to);

/* Directive (EU) 2023/2225 annex III, as 2008/48/EC annex I before it, as read by SWD(2012) 128, remark (c): days in the year that ends with the odd days. */
int plan_odd_year_days(int32_t odd_end);

/* 12 CFR 1026 appendix J (b)(5): unit-periods of `frequency` and the fraction of one, numerator / denominator. 12 months are a year. */
struct plan_unit_periods {
    int64_t whole;
    int64_t numerator, denominator;
};
struct plan_unit_periods plan_unit_periods(const struct plan_frequency *frequency, int32_t from, int32_t to);
/* The same without dates: months of 30 days, and days. Where the unit-period is made of days there are no months. */
struct plan_unit_periods plan_unit_periods_of(const struct plan_frequency *frequency, int64_t months, int64_t days);

#endif
