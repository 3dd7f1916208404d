/* The level payment of an annuity over periods of any rates. */
#ifndef CUOTAS_ORDERS_PLAN_FACTOR_H
#define CUOTAS_ORDERS_PLAN_FACTOR_H

#include "plan.h"
#include "plan_wide.h"

/* Present value of one unit paid at the end of each of the rows: sum over k of product over j <= k of 1 / (1 + rate[j]), to
 * 2^-182 at worst. Counted from the first row at which such a level payment covers the interest then due: the rows before
 * it (*first of them, after a long first period for instance) can only pay their interest. Uses rows[].rate only. */
struct wide plan_factor_sum(const struct plan_row *rows, size_t count, size_t *first);

/* amount / sum, rounded to a multiple of `unit`. A quotient closer than 2^-62 to a tie or to a multiple counts as being it:
 * the sum is truncated, so that exact ties would otherwise be missed. False when it outgrows MONEY_MAX. */
bool plan_factor_payment(int64_t amount, struct wide sum, const struct plan_rounding *rounding, int64_t *out);

#endif
