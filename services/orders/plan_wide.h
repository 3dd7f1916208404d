/* Unsigned fixed-point numbers of 256 bits, 192 of them after the point: what the annuity factor is computed with.
 * Values below 2^64. Results are truncated towards zero; where a result would not fit, the process aborts (callers bound their
 * inputs by plan.h's limits). */
#ifndef CUOTAS_ORDERS_PLAN_WIDE_H
#define CUOTAS_ORDERS_PLAN_WIDE_H

#include <stdbool.h>
#include <stdint.h>

#define WIDE_LIMBS 4

struct wide {
    uint64_t limb[WIDE_LIMBS];   /* least significant first; limb[3] is the integer part */
};

struct wide wide_from_int(uint64_t value);
struct wide wide_add_int(struct wide a, uint64_t value);
/* a x multiplier / divisor. divisor > 0. */
struct wide wide_scale(struct wide a, uint64_t multiplier, uint64_t divisor);
/* a x multiplier <= value? */
bool wide_product_at_most(struct wide a, uint64_t multiplier, uint64_t value);
/* Whole quotient of two of them and, when asked, the remainder (< divisor). False when the quotient would reach 2^62. */
bool wide_divide(struct wide a, struct wide divisor, uint64_t *quotient, struct wide *remainder);

#endif
