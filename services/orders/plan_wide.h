/* Unsigned fixed-point numbers of 256 bits, 192 of them after the point: what level payments and unrounded balances are computed with.
 * Values below 2^64. Results are truncated towards zero; where a result would not fit, the process aborts (callers bound their
 * inputs by plan.h's limits). */
#ifndef CUOTAS_ORDERS_PLAN_WIDE_H
#define CUOTAS_ORDERS_PLAN_WIDE_H

#include "base/money.h"

#include <stdbool.h>
#include <stdint.h>

#define WIDE_LIMBS 4

struct wide {
    uint64_t limb[WIDE_LIMBS];   /* least significant first; limb[3] is the integer part */
};

struct wide wide_from_int(uint64_t value);
struct wide wide_add(struct wide a, struct wide b);
struct wide wide_add_int(struct wide a, uint64_t value);
/* a - b; 0 when b is greater (by what truncation took from a). */
struct wide wide_subtract(struct wide a, struct wide b);
struct wide wide_multiply(struct wide a, struct wide b);
struct wide wide_power(struct wide a, unsigned exponent);
/* a x multiplier / divisor. divisor > 0. */
struct wide wide_scale(struct wide a, uint64_t multiplier, uint64_t divisor);
/* a x multiplier <= value? */
bool wide_product_at_most(struct wide a, uint64_t multiplier, uint64_t value);
/* a x multiplier <= b x other? */
bool wide_ratio_at_most(struct wide a, uint64_t multiplier, struct wide b, uint64_t other);
/* Whole quotient of two of them and, when asked, the remainder (< divisor). False when the quotient would reach 2^62. */
bool wide_divide(struct wide a, struct wide divisor, uint64_t *quotient, struct wide *remainder);
/* a / divisor with its fraction, for quotients below 2^62. */
struct wide wide_quotient(struct wide a, struct wide divisor);
/* Rounded to a whole number: `whole` and 64 binary digits after it. What is closer than 2^-62 to a tie or to a whole number counts as
 * being it: what was truncated on the way would otherwise miss exact ties. */
uint64_t wide_round(uint64_t whole, uint64_t fraction, enum rounding mode);

#endif
