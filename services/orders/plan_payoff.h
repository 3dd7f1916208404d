/* What settles a schedule before its end. Pure. */
#ifndef CUOTAS_ORDERS_PLAN_PAYOFF_H
#define CUOTAS_ORDERS_PLAN_PAYOFF_H

#include "plan.h"

/* How much of the interest of a running or future period is owed. */
enum plan_rebate {
    PLAN_REBATE_ACTUARIAL,    /* of the running period the part of its calendar days that has passed, nothing of later ones */
    PLAN_REBATE_RULE_OF_78,   /* interest of the whole plan falls period by period as n, n-1, .. 1; the running period is owed in full */
    PLAN_REBATE_NONE          /* all interest is owed */
};

struct plan_payoff {
    int64_t principal, interest, fees, tax, total;
    int64_t rebate;           /* interest of the schedule that is not owed */
};

/* What is owed on a date when the first `paid` installments are paid and no other: installments due by then in full, of the later ones the principal and the
 * interest above; their fees are for what has not been done and are not owed. With carry rounded. fault: `/date` before the start or `/paid`. */
struct plan_fault plan_payoff_of(const struct plan_terms *terms, const struct plan_schedule *schedule, int32_t date, int paid, enum plan_rebate rebate,
                                 struct plan_payoff *out);

/* The spelling of cuotas-plan. */
bool plan_rebate_parse(struct slice text, enum plan_rebate *out);
struct slice plan_rebate_name(enum plan_rebate rebate);

#endif
