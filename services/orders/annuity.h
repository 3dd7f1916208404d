/* The functions of spreadsheets on level payments, and conversions of rates. Pure.
 *
 * Signs: money received is positive, money paid negative; present value, payments and future value balance:
 *     present + payment x (v + v^2 + ... + v^n) + future x v^n = 0,  v = 1 / (1 + rate), payments in advance each a period earlier.
 * Amounts come out of 256-bit fixed point, to some 2^-120 of a minor unit and better: what a rate exactly is and what double precision makes of it
 * differs in the published digits. Rates and numbers of periods are solved in long double. */
#ifndef CUOTAS_ORDERS_ANNUITY_H
#define CUOTAS_ORDERS_ANNUITY_H

#include "plan.h"
#include "plan_wide.h"

#define ANNUITY_PERIODS_MAX PLAN_INSTALLMENTS_MAX

struct annuity {
    struct plan_rate rate;       /* of a period, exactly: 0 to PLAN_RATE_MAX, the denominator below 2^58 */
    int periods;                 /* 1..ANNUITY_PERIODS_MAX */
    bool in_advance;             /* payments at the beginning of each period */
};

struct annuity_value {
    bool negative;
    struct wide size;
};

/* Amounts within +-MONEY_MAX; `number` of a payment is 1..periods. */
struct annuity_value annuity_payment(const struct annuity *annuity, int64_t present, int64_t future);
struct annuity_value annuity_present(const struct annuity *annuity, int64_t payment, int64_t future);
/* False when it reaches 2^62. */
bool annuity_future(const struct annuity *annuity, int64_t payment, int64_t present, struct annuity_value *out);
/* The parts of a payment. In advance the first has no interest. */
struct annuity_value annuity_interest(const struct annuity *annuity, int number, int64_t present, int64_t future);
struct annuity_value annuity_principal(const struct annuity *annuity, int number, int64_t present, int64_t future);
/* What is owed right after a payment; 0: before the first. Positive for a loan. */
struct annuity_value annuity_balance(const struct annuity *annuity, int number, int64_t present, int64_t future);
/* To a whole number; ties as wide_round sees them. */
int64_t annuity_round(struct annuity_value value, enum rounding mode);

/* The same in long double, where what is asked for is no amount. False when there is none, or no single one. */
struct annuity_flows {
    long double payment, present, future;
    bool in_advance;
};
/* A number of periods, not whole in general: rate > -1. */
bool annuity_count(long double rate, const struct annuity_flows *flows, long double *periods);
/* The rate of a period, above -1 and up to 10^9. */
bool annuity_rate(int periods, const struct annuity_flows *flows, long double *rate);
/* The internal rate of return of values a period apart, the first at once; at most ANNUITY_PERIODS_MAX + 1 of them. */
bool annuity_return(const long double *values, size_t count, long double *rate);

/* The rate of so many periods together, each at `rate`: a month's over 12 is the effective year's, a year's over 30 / 365.0L that of 30 days. */
long double rate_compounded(long double rate, long double periods);
/* Nominal (as many times the rate of a period as there are in a year: Colombia's "nominal anual trimestre vencido" has 4) and effective annual rates. */
long double rate_effective(long double nominal, long double periods_per_year);
long double rate_nominal(long double effective, long double periods_per_year);
/* A nominal rate's part of the year by days, as Argentina's TEM of a TNA: 30 of 365. */
long double rate_of_days(long double nominal, long double days, long double days_in_year);
/* Interest growing at every moment. */
long double rate_of_continuous(long double continuous);
long double rate_to_continuous(long double effective);
/* Interest paid when the period begins ("anticipado"): of a < 1 the rate at its end is a / (1 - a). */
long double rate_of_advance(long double advance);
long double rate_to_advance(long double rate);

#endif
