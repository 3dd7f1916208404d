/* Interest on what is paid late, at an annual rate by days. Pure. */
#ifndef CUOTAS_ORDERS_LATE_INTEREST_H
#define CUOTAS_ORDERS_LATE_INTEREST_H

#include "base/money.h"

#define LATE_DAYS_MAX 36600

struct late_terms {
    int64_t principal;             /* 0..MONEY_MAX, minor units */
    struct decimal annual_rate;    /* 0 to 10, at most 10 decimals */
    int64_t days, year_days;       /* 0..LATE_DAYS_MAX; 360..366 */
    /* The day's interest is rounded and then counted (gov.uk's way for the Late Payment of Commercial Debts (Interest) Act 1998); else all is rounded once. */
    bool daily_rounded;
    bool uk_compensation;          /* the fixed sum of section 5A of that act, in pence */
    enum rounding mode;
};

struct late_interest {
    int64_t annual, daily;         /* each rounded by itself */
    int64_t interest, compensation, total;   /* total: these two */
};

/* False when a figure outgrows MONEY_MAX. */
bool late_interest_of(const struct late_terms *terms, struct late_interest *out);

#endif
