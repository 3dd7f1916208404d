/* Annual rates of cash flows by the two laws the API quotes: the US actuarial method (12 CFR 1026, appendix J) and the EU effective
 * rate (Directive (EU) 2023/2225, annex III; formerly 2008/48/EC, annex I). Rates, not amounts: solved in long double, good to far beyond the 8 decimals shown. */
#ifndef CUOTAS_ORDERS_PLAN_RATES_H
#define CUOTAS_ORDERS_PLAN_RATES_H

#include "plan.h"

/* A run of flows at equal steps. Time is in any unit (years for the EU, unit-periods for the US). */
struct rate_series {
    bool advance;                /* to the buyer; else a payment */
    const int64_t *amounts;      /* the first amount */
    size_t amount_stride;        /* bytes from one to the next; 0: all are the same */
    size_t count;                /* >= 1 */
    long double start, step;
    long double simple_part;     /* US: the fraction of a unit-period discounted at simple interest, before `start` */
};

/* Present value of one side's flows, and its derivative by x. */
struct rate_value {
    long double amount, slope;
};
struct rate_sides {
    struct rate_value advances, payments;
};

/* ln(payments) - ln(advances), each discounted at x, and its slope: positive where the rate is higher. Not defined: one side is worth nothing. */
struct rate_gap {
    long double gap, slope;
    bool defined;
};
struct rate_gap rate_gap_of(struct rate_sides sides);

/* Where a rate is looked for: low < x < high. */
struct rate_search {
    struct rate_gap (*at)(const void *flows, long double x);
    const void *flows;
    long double low, high;
};
/* Newton's method guarded by bisection: for a gap that is positive at `low` and negative at `high`, with one root between them. */
bool rate_newton(const struct rate_search *search, long double guess, long double *growth);

enum rate_found { RATE_ONE, RATE_NONE, RATE_SEVERAL };
/* The only root between `low` and `high`. `falling`: the gap nowhere rises, so there is one at most; else the range is looked through in
 * steps of some 6 % of growth a year, and more where rates are extreme. `per_year`: units of time of x in a year. */
enum rate_found rate_only(const struct rate_search *search, bool falling, long double per_year, long double guess, long double *growth);

/* Adds a flow at `time`, after `simple_part` at simple interest, to a side. */
void rate_add(struct rate_value *side, long double amount, long double time, long double simple_part, long double x);

/* As rate_solve, for flows that are no series: `at` values both sides. */
bool rate_solve_of(struct rate_sides (*at)(const void *flows, long double x), const void *flows, long double guess, long double *growth);

/* x with  sum of payments e^(-x t) = sum of advances e^(-x t), that is, the logarithm of the growth of one unit of time; `guess` is
 * where to begin. False when there is none (no advance, no payment, no sign change). */
bool rate_solve(const struct rate_series *series, size_t count, long double guess, long double *growth);

/* The schedule's two rates, with row_count > 0 and amounts filled. */
void plan_rates_fill(const struct plan_terms *terms, struct plan_schedule *schedule);

/* A fraction with 8 decimals, half away from zero; empty beyond 10^9 or when not a number. */
void rate_format(long double rate, char out[PLAN_RATE_TEXT]);

#endif
