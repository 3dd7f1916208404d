/* The installment engine: terms in, schedule out. Pure: no I/O, no clock, no allocation, the same input gives the same bytes.
 *
 * Amounts are minor units. Interest of a period is opening balance x rate x time as an exact rational in 128 bits, rounded once to
 * a minor unit by the plan's mode; the level payment comes from a discount factor with 192 fractional bits (plan_factor.h) and is
 * rounded to `unit`. One row, the first or the last as the plan says, takes what rounding leaves over. For every plan that is
 * accepted: principals add up to the amount financed, each total is the sum of its parts, balances chain and end at 0, no part is
 * negative, due dates strictly increase. */
#ifndef CUOTAS_ORDERS_PLAN_H
#define CUOTAS_ORDERS_PLAN_H

#include "base/money.h"
#include "base/slice.h"

#define PLAN_INSTALLMENTS_MAX 600
#define PLAN_RATE_MAX 10            /* 1000 % a year */
#define PLAN_RATE_SCALE_MAX 10      /* decimals of an annual rate or of a deposit's share */
#define PLAN_ROUNDING_UNIT_MAX 1000000
#define PLAN_FIRST_PERIOD_DAYS_MAX 3660
#define PLAN_YEAR_MIN 1900
#define PLAN_YEAR_MAX 9000          /* of the start: leaves room for the longest plan before year 9999 */

enum plan_method {
    PLAN_ANNUITY,          /* French: level payments, interest on the balance */
    PLAN_INTEREST_FREE     /* level payments, no interest; an annual rate given with it says nothing */
};

enum plan_unit { PLAN_DAY, PLAN_WEEK, PLAN_SEMIMONTH, PLAN_MONTH };

struct plan_frequency {
    enum plan_unit unit;
    int every;             /* >= 1; at most a year together with the unit */
    int days[2];           /* semimonth: the two due days, ascending, the first at most 27 */
};

/* How much of a year lies between two dates. */
enum plan_day_count {
    PLAN_PERIOD,           /* every period is equal, whatever its dates: every/12, /24, /52, /365 */
    PLAN_30_360,           /* bond basis: months of 30 days, year of 360 */
    PLAN_ACTUAL_365,
    PLAN_ACTUAL_360
};

enum plan_deposit_type { PLAN_DEPOSIT_NONE, PLAN_DEPOSIT_FIXED, PLAN_DEPOSIT_PERCENT };

struct plan_deposit {
    enum plan_deposit_type type;
    int64_t amount;            /* fixed */
    struct decimal share;      /* percent, as a fraction: 0.20 */
};

enum plan_residual { PLAN_RESIDUAL_LAST, PLAN_RESIDUAL_FIRST };

struct plan_rounding {
    enum rounding mode;
    int64_t unit;              /* level payments and the deposit are multiples of it; interest is rounded to 1 */
    enum plan_residual residual;
};

struct plan_terms {
    enum plan_method method;
    int64_t principal;         /* before the deposit */
    struct decimal annual_rate;
    int installments;
    struct plan_frequency frequency;
    int32_t start_date;
    bool has_first_due_date;   /* else: one period after the start */
    int32_t first_due_date;
    enum plan_day_count day_count;
    struct plan_deposit deposit;
    struct plan_rounding rounding;
};

/* Part of the balance that falls due as interest, exactly: numerator / denominator. */
struct plan_rate {
    int64_t numerator, denominator;
};

struct plan_row {
    int number;                /* from 1 */
    int32_t due_date;
    int32_t days;              /* calendar days since the due date before, or the start */
    struct plan_rate rate;     /* of this period */
    int64_t opening_balance, principal, interest, fees, tax, total, closing_balance;
};

struct plan_totals {
    int64_t principal, interest, fees, tax, total;
};

#define PLAN_RATE_TEXT 32
struct plan_schedule {
    int64_t deposit, amount_financed;
    struct plan_row *rows;     /* the caller's, at least terms.installments of them */
    size_t row_count;
    struct plan_totals totals; /* of the rows: without the deposit */
    /* Fractions with 8 decimals; empty when beyond what can be stated (over 10^9 a year). */
    char apr_nominal[PLAN_RATE_TEXT];            /* 12 CFR 1026 appendix J, actuarial method */
    char effective_annual_rate[PLAN_RATE_TEXT];  /* Directive 2008/48/EC annex I */
};

/* What is wrong with terms: `pointer` names the field as the API spells it ("/annual_rate"). field NULL: nothing. */
struct plan_fault {
    const char *pointer;
    const char *code;          /* "range", "required", ... */
    const char *detail;
};

/* Every rule about terms in one place; terms that pass can be built, but for amounts that outgrow MONEY_MAX. */
struct plan_fault plan_check(const struct plan_terms *terms);
/* Checks, then fills `out` (out->rows set by the caller). */
struct plan_fault plan_build(const struct plan_terms *terms, struct plan_schedule *out);
static inline bool plan_ok(struct plan_fault fault) { return fault.pointer == NULL; }

/* The API's spelling of each enumeration. False when it is none of them. */
bool plan_method_parse(struct slice text, enum plan_method *out);
bool plan_unit_parse(struct slice text, enum plan_unit *out);
bool plan_day_count_parse(struct slice text, enum plan_day_count *out);
bool plan_rounding_mode_parse(struct slice text, enum rounding *out);
bool plan_residual_parse(struct slice text, enum plan_residual *out);
struct slice plan_method_name(enum plan_method method);
struct slice plan_unit_name(enum plan_unit unit);
struct slice plan_day_count_name(enum plan_day_count day_count);
struct slice plan_rounding_mode_name(enum rounding mode);
struct slice plan_residual_name(enum plan_residual residual);

/* 10^exponent, 0..18. */
int64_t plan_power_of_ten(int exponent);

#endif
