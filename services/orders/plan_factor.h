/* The level payment of an annuity over periods of any rates, with or without a balloon. */
#ifndef CUOTAS_ORDERS_PLAN_FACTOR_H
#define CUOTAS_ORDERS_PLAN_FACTOR_H

#include "plan.h"

struct plan_factor {
    size_t first;            /* the first row with a level payment */
    struct wide sum;         /* present value, before that row, of one unit paid with each row from it on; to 2^-140 at worst */
    struct wide discount;    /* and of one unit paid with the last row; 0 without a balloon */
};

/* Level payments begin with row `from` (grace), or with the first after it at which such a payment covers the interest then due: the
 * rows before can only pay their interest. Uses rows[].rate only; 0 <= balloon <= amount, amount > 0. */
struct plan_factor plan_factor_of(const struct plan_row *rows, size_t count, size_t from, int64_t amount, int64_t balloon);

/* The payments' present value: the amount without the balloon's. */
struct wide plan_factor_value(const struct plan_factor *factor, int64_t amount, int64_t balloon);
/* Of each, rounded to a multiple of `unit`. False when it outgrows MONEY_MAX. */
bool plan_factor_payment(const struct plan_factor *factor, int64_t amount, int64_t balloon, const struct plan_rounding *rounding, int64_t *out);

#endif
