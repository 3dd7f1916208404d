/* The level payment of an annuity over periods of any rates, with or without a balloon. */
#ifndef CUOTAS_ORDERS_PLAN_FACTOR_H
#define CUOTAS_ORDERS_PLAN_FACTOR_H

#include "plan.h"

struct plan_factor {
    struct wide sum;         /* present value of one unit paid with each row that does not rest; to 2^-140 at worst */
    struct wide discount;    /* and of one unit paid with the last row; 0 without a balloon */
};

/* Sets rows[].rests: rows before `from` (grace), and those whose interest is more than the level payment (a long first period, a long month in a plan
 * that hardly repays), pay their interest and nothing else, as if they were not there for the others. Uses rows[].rate; 0 <= balloon <= amount,
 * amount > 0. */
struct plan_factor plan_factor_of(struct plan_row *rows, size_t count, size_t from, int64_t amount, int64_t balloon);

/* The payments' present value: the amount without the balloon's. */
struct wide plan_factor_value(const struct plan_factor *factor, int64_t amount, int64_t balloon);
/* Each of payments that are worth `value`, rounded to a multiple of `unit`. False when it outgrows MONEY_MAX. */
bool plan_factor_payment(const struct plan_factor *factor, struct wide value, const struct plan_rounding *rounding, int64_t *out);

#endif
