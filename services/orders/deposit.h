/* The deposit of a purchase whose lines have rules of their own: one amount, and what each line adds to it. Pure. */
#ifndef CUOTAS_ORDERS_DEPOSIT_H
#define CUOTAS_ORDERS_DEPOSIT_H

#include "plan.h"

enum deposit_source { DEPOSIT_OF_PLAN, DEPOSIT_OF_CATEGORY, DEPOSIT_OF_PRODUCT };

struct deposit_line {
    int64_t total, quantity;
    enum deposit_source source;
    struct plan_deposit rule;      /* fixed: of each unit; of the plan: of all its lines together */
    int64_t deposit;               /* out */
};

/* The lines whose source is the plan get `plan` as their rule. Fixed amounts count as they are, at most what is paid for; shares add up exactly and are rounded
 * once, to the rounding's unit, as a plan's own share is. What the lines add is not negative and makes up the deposit: a fixed amount of the plan is spread over
 * its lines by what they cost, and what rounding did falls on the lines where the running sum crosses a unit. The totals add up to at most MONEY_MAX, shares
 * have at most PLAN_RATE_SCALE_MAX decimals and are at most 1. */
int64_t deposit_of_lines(struct deposit_line *lines, size_t count, const struct plan_deposit *plan, const struct plan_rounding *rounding);

#endif
