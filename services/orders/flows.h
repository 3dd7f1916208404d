/* The annual rate of irregular flows by the two laws (POST /v1/simulations/apr): groups of equal flows in, a rate out. Pure: no I/O, no clock,
 * no allocation.
 *
 * EU (Directive (EU) 2023/2225 annex III, formerly 2008/48/EC annex I, as read by SWD(2012) 128): time in years, everything discounted by powers. What is said as a time counts
 * months 1/12, weeks 1/52, days 1/days_in_year; what is said as a date counts whole units back from it to the first advance, the odd days at
 * the beginning over the 365 or 366 days of their year.
 * US (12 CFR 1026 appendix J): time in unit-periods, counted back from each date to the first advance, the fraction of one at simple
 * interest; the rate is unit-periods a year times the rate of one. */
#ifndef CUOTAS_ORDERS_FLOWS_H
#define CUOTAS_ORDERS_FLOWS_H

#include "flows_value.h"

#define FLOWS_GROUPS_MAX 300
#define FLOWS_MAX 10000          /* flows of all groups */
#define FLOWS_SERIES_MAX 400     /* groups, and flows that have to be counted one by one */
#define FLOWS_MIXED_MAX 40       /* of them, when advances come after payments: the whole range is looked through for their rates, 128 times each */
#define FLOWS_EVERY_MAX 1000
#define FLOWS_YEARS_MAX 1000     /* of a time after the reference, in each of its units */
#define FLOWS_YEAR_DAYS_MIN 360
#define FLOWS_YEAR_DAYS_MAX 366
#define FLOWS_YEAR_DAYS_SCALE_MAX 4

enum flow_convention { FLOW_EU, FLOW_US };
enum flow_unit { FLOW_DAY, FLOW_WEEK, FLOW_SEMIMONTH, FLOW_MONTH, FLOW_YEAR };

struct flow_step {
    enum flow_unit unit;
    int every;                   /* 1..FLOWS_EVERY_MAX */
};

struct flow_after {
    int years, months, weeks, days;   /* 0..FLOWS_YEARS_MAX years' worth */
    bool has_days_in_year;            /* else 365; says nothing for the US */
    struct decimal days_in_year;      /* 360 to 366: the United Kingdom counts 365.25 */
};

/* `count` equal flows: the first at a date, or a time after the reference (the first advance with a date, else time 0); the others `step` apart. */
struct flow_group {
    bool advance;                /* to the buyer; else a payment */
    int64_t amount;              /* 1..MONEY_MAX, minor units */
    int count;                   /* 1..FLOWS_MAX */
    bool has_date, has_after;    /* one of them */
    int32_t date;
    struct flow_after after;
    bool has_step;               /* needed from two flows on */
    struct flow_step step;
};

struct flows {
    enum flow_convention convention;
    bool has_unit;               /* the unit-period: needed for the US; for the EU its unit is the one dates are counted in */
    struct flow_step unit;
    const struct flow_group *groups;
    size_t count;                /* 0..FLOWS_GROUPS_MAX */
};

/* What is wrong: member "date" of group 3 is /flows/3/date; FLOWS_WHOLE: `member` is one of the request's own. member NULL: nothing. */
#define FLOWS_WHOLE SIZE_MAX
struct flow_fault {
    size_t group;
    const char *member, *code, *detail;
};

/* The annual rate as a fraction with 8 decimals; `series` is room for FLOWS_SERIES_MAX. */
struct flow_fault flows_apr(const struct flows *flows, struct flow_series *series, char apr[PLAN_RATE_TEXT]);
static inline bool flows_ok(struct flow_fault fault) { return fault.member == NULL; }

/* Years of the EU's formula between two dates, from <= to, in whole units and odd days. Days alone count over 365; semimonths count as months. */
long double flows_eu_years(enum flow_unit unit, int32_t from, int32_t to);

bool flow_unit_parse(struct slice text, enum flow_unit *out);

#endif
