/* Amounts split without losing a minor unit, and decimals rounded on their digits. Pure; no floating point. */
#ifndef CUOTAS_ORDERS_ALLOCATE_H
#define CUOTAS_ORDERS_ALLOCATE_H

#include "base/money.h"
#include "base/slice.h"

/* amount over ratios: each part is its exact share rounded down (towards minus infinity), and the units left over go one by one to the first
 * parts whose ratio is not 0. The parts add up to the amount. False when a ratio is negative, none is positive or their sum leaves 64 bits. */
bool allocate(int64_t amount, const int64_t *ratios, size_t count, int64_t *parts);

/* The seven modes of java.math.RoundingMode (without UNNECESSARY): those of money.h by the same value, and the two that know the sign. */
enum decimal_rounding {
    DECIMAL_HALF_EVEN = ROUND_HALF_EVEN,
    DECIMAL_HALF_UP = ROUND_HALF_UP,       /* ties away from zero */
    DECIMAL_HALF_DOWN = ROUND_HALF_DOWN,   /* ties towards zero */
    DECIMAL_UP = ROUND_UP,                 /* away from zero */
    DECIMAL_DOWN = ROUND_DOWN,             /* towards zero */
    DECIMAL_CEILING,                       /* towards plus infinity */
    DECIMAL_FLOOR,                         /* towards minus infinity */
    DECIMAL_ROUNDINGS
};

/* "-12.345" to `decimals` digits behind the point (none and no point for 0), exactly, whatever its length. A result of zero has no sign. False
 * when the text is no plain decimal ("-"? digits ("." digits)?) or has more digits than `size` bytes of `out` hold with sign, carry and NUL. */
bool decimal_round(struct slice text, int decimals, enum decimal_rounding mode, char *out, size_t size);

/* "half_even" or "HALF_EVEN". */
bool decimal_rounding_parse(struct slice text, enum decimal_rounding *out);
struct slice decimal_rounding_name(enum decimal_rounding mode);

#endif
