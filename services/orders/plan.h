/* The installment engine: terms in, schedule out. Pure: no I/O, no clock, no allocation, the same input gives the same bytes.
 *
 * Amounts are minor units. Interest of a period is opening balance x rate x time as an exact rational in 128 bits, rounded once to
 * a minor unit by the plan's mode; a level payment comes from a discount factor with 192 fractional bits (plan_factor.h) and is
 * rounded to `unit`. One row, the first that repays or the last as the plan says, takes what rounding leaves over. For every plan that is
 * accepted: principals add up to the amount financed, each total is the sum of its parts, balances chain and end at 0, no part is
 * negative, due dates strictly increase.
 *
 * PLAN_CARRY_UNROUNDED is for tables to look at, as the Commission prints them: balances keep their fractions and every figure
 * shown is rounded on its own, so that sums may miss by a unit. Nothing is charged by such a schedule. */
#ifndef CUOTAS_ORDERS_PLAN_H
#define CUOTAS_ORDERS_PLAN_H

#include "base/money.h"
#include "base/slice.h"
#include "business_day.h"
#include "plan_wide.h"

#define PLAN_INSTALLMENTS_MAX 600
#define PLAN_RATE_MAX 10            /* 1000 % a year */
#define PLAN_RATE_SCALE_MAX 10      /* decimals of an annual rate or of a share */
#define PLAN_ROUNDING_UNIT_MAX 1000000
#define PLAN_PERIOD_DAYS_MAX 3660   /* of the first period, and between custom due dates */
#define PLAN_YEAR_MIN 1900
#define PLAN_YEAR_MAX 9000          /* of the start: leaves room for the longest plan before year 9999 */
#define PLAN_FEES_MAX 20

enum plan_method {
    PLAN_ANNUITY,          /* French: level payments, interest on the balance */
    PLAN_EQUAL_PRINCIPAL,  /* German: equal parts of principal, interest on the balance */
    PLAN_FLAT,             /* add-on: interest on the amount financed for the whole term, in equal parts */
    PLAN_INTEREST_FREE,    /* equal parts, no interest; an annual rate given with it says nothing */
    PLAN_INTEREST_ONLY,    /* American: interest, and the principal with the last */
    PLAN_BALLOON,          /* level payments that leave `balloon`, due with the last */
    PLAN_CUSTOM            /* due dates and principal row by row, interest on the balance */
};

enum plan_unit { PLAN_DAY, PLAN_WEEK, PLAN_SEMIMONTH, PLAN_MONTH };

struct plan_frequency {
    enum plan_unit unit;
    int every;             /* >= 1; at most a year together with the unit */
    int days[2];           /* semimonth: the two due days, ascending, the first at most 27; month: in the first the day due dates aim at, 0: that of the
                              first due date, or of the start */
};

/* How much of a year lies between two dates. */
enum plan_day_count {
    PLAN_PERIOD,           /* every period is equal, whatever its dates: every/12, /24, /52, /365; but for a first one that is longer or shorter
                              (plan_first_fraction) */
    PLAN_30_360,           /* bond basis: months of 30 days, year of 360 */
    PLAN_30E_360,          /* Eurobond: every 31st is a 30th */
    PLAN_ACTUAL_360,
    PLAN_ACTUAL_365,
    PLAN_ACTUAL_ACTUAL     /* ISDA: days of leap years over 366, the others over 365 */
};

enum plan_deposit_type { PLAN_DEPOSIT_NONE, PLAN_DEPOSIT_FIXED, PLAN_DEPOSIT_PERCENT };

struct plan_deposit {
    enum plan_deposit_type type;
    int64_t amount;            /* fixed */
    struct decimal share;      /* percent, as a fraction: 0.20 */
};

/* The first so many installments without principal; without interest due, which is given away (free) or due with the first installment
 * after them (carried, without interest on it). Both fewer than the installments. */
struct plan_grace {
    int principal, interest;
    bool interest_carried;
};

enum plan_fee_charged {
    PLAN_FEE_UPFRONT,          /* paid at the start, beside the deposit: in no row */
    PLAN_FEE_FINANCED,         /* part of the amount financed, with its tax */
    PLAN_FEE_FIRST,            /* with the first installment */
    PLAN_FEE_EACH              /* with each installment */
};

struct plan_fee {
    struct slice code;         /* the shop's name for it */
    enum plan_fee_charged charged;
    bool percent;
    int64_t amount;            /* fixed */
    struct decimal share;      /* percent, as a fraction, of the principal after the deposit */
};

/* Principal of one installment: an amount, or a share of the amount financed. */
struct plan_custom_row {
    int32_t due_date;
    bool percent;
    int64_t amount;
    struct decimal share;
};

enum plan_residual { PLAN_RESIDUAL_LAST, PLAN_RESIDUAL_FIRST };
enum plan_carry { PLAN_CARRY_ROUNDED, PLAN_CARRY_UNROUNDED };

struct plan_rounding {
    enum rounding mode;
    int64_t unit;              /* level payments, equal parts and the deposit are multiples of it; the rest is rounded to 1 */
    enum plan_residual residual;
    enum plan_carry carry;
};

struct plan_terms {
    enum plan_method method;
    int64_t principal;         /* before the deposit */
    struct decimal annual_rate;
    int installments;          /* custom: of `rows` */
    struct plan_frequency frequency;
    int32_t start_date;
    bool has_first_due_date;   /* else: one period after the start; of semimonths one of their days */
    int32_t first_due_date;
    bool end_of_month;         /* when the first due date is the last of its month, all are */
    enum business_day_convention business_day;
    const struct closed_days *closed;   /* for it; NULL: every day is open */
    const struct closed_days *closed_now;   /* of a plan in force: what rows are laid by that a change makes; NULL: as the others were */
    enum plan_day_count day_count;
    struct plan_deposit deposit;
    struct plan_grace grace;
    const struct plan_fee *fees;
    size_t fee_count;
    struct decimal tax_on_interest, tax_on_fees;   /* fractions, up to 1 */
    int64_t balloon;                               /* balloon: 1 to the amount financed */
    const struct plan_custom_row *rows;            /* custom */
    struct plan_rounding rounding;
};

/* Part of the balance that falls due as interest, exactly: numerator / denominator. */
struct plan_rate {
    int64_t numerator, denominator;
};

struct plan_row {
    int number;                /* from 1 */
    int32_t due_date;
    int32_t days;              /* calendar days since the due date before, or the start; since a change that came within them */
    bool rests;                /* of level plans: it pays its interest and repays nothing (plan_factor.h) */
    struct plan_rate rate;     /* of this period */
    int64_t accrued;           /* interest of this period; `interest` is what is due, which grace may put off */
    int64_t brought;           /* interest of before this period that was not due before: of a grace, or of a change within a period (plan_change.h) */
    int64_t brought_fees, brought_tax;   /* of `fees` and `tax`: fees of rows before, and the tax on them, that a change moved here (plan_change.h) */
    int64_t opening_balance, principal, interest, fees, tax, total, closing_balance;
};

struct plan_totals {
    int64_t principal, interest, fees, tax, total;
};

#define PLAN_RATE_TEXT 32
#define PLAN_ADD_ON_BY_RATES (-1)
struct plan_schedule {
    int64_t deposit;
    int64_t upfront_fees, upfront_tax;
    int64_t amount_financed;   /* principal - deposit + financed fees and their tax */
    int64_t credit;            /* what the buyer gets for it: principal - deposit */
    int64_t brought;           /* interest of before the first row, due with it or behind its grace: of a change (plan_change.h); else 0 */
    int64_t add_on;            /* flat: interest of all rows where a change says it; else PLAN_ADD_ON_BY_RATES */
    struct plan_row *rows;     /* the caller's, at least terms.installments of them */
    size_t row_count;
    struct wide *balances;     /* the caller's, one more than rows, with carry unrounded; else unused: the exact balances before each row */
    struct plan_totals totals; /* of the rows: without deposit and upfront fees */
    /* Fractions with 8 decimals; empty when beyond what can be stated (over 10^9 a year). */
    char apr_nominal[PLAN_RATE_TEXT];            /* 12 CFR 1026 appendix J, actuarial method */
    char effective_annual_rate[PLAN_RATE_TEXT];  /* Directive (EU) 2023/2225 annex III, formerly 2008/48/EC annex I */
};

/* What is wrong with terms: `pointer` names the field as the API spells it ("/annual_rate"). field NULL: nothing. */
struct plan_fault {
    const char *pointer;
    const char *code;          /* "range", "required", ... */
    const char *detail;
    size_t index;              /* with `member`, of an element of a list: "/rows", 3, "due_date" */
    const char *member;
};

/* Every rule about terms in one place; terms that pass can be built, but for amounts that outgrow MONEY_MAX and what depends on the amount
 * financed (a balloon above it, custom rows that do not add up to it). */
struct plan_fault plan_check(const struct plan_terms *terms);
/* Checks, then fills `out` (out->rows set by the caller). */
struct plan_fault plan_build(const struct plan_terms *terms, struct plan_schedule *out);
/* Deposit, upfront fees and all rows: at most MONEY_MAX. */
static inline int64_t plan_total_payable(const struct plan_schedule *schedule)
{
    return schedule->deposit + schedule->upfront_fees + schedule->upfront_tax + schedule->totals.total;
}
static inline bool plan_ok(struct plan_fault fault) { return fault.pointer == NULL; }

/* The API's spelling of each enumeration. False when it is none of them. */
bool plan_method_parse(struct slice text, enum plan_method *out);
bool plan_unit_parse(struct slice text, enum plan_unit *out);
bool plan_day_count_parse(struct slice text, enum plan_day_count *out);
bool plan_rounding_mode_parse(struct slice text, enum rounding *out);
bool plan_residual_parse(struct slice text, enum plan_residual *out);
bool plan_carry_parse(struct slice text, enum plan_carry *out);
bool plan_fee_charged_parse(struct slice text, enum plan_fee_charged *out);
struct slice plan_method_name(enum plan_method method);
struct slice plan_unit_name(enum plan_unit unit);
struct slice plan_day_count_name(enum plan_day_count day_count);
struct slice plan_rounding_mode_name(enum rounding mode);
struct slice plan_residual_name(enum plan_residual residual);
struct slice plan_carry_name(enum plan_carry carry);
struct slice plan_fee_charged_name(enum plan_fee_charged charged);

/* 10^exponent, 0..18. */
int64_t plan_power_of_ten(int exponent);

#endif
