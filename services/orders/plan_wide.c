/* 256-bit fixed point, schoolbook: five-limb products, division by one limb by the machine's 128/64 division, division by four limbs
 * as one digit of Knuth's algorithm D (The Art of Computer Programming, volume 2, 4.3.1). Nothing suspends, nothing is allocated.
 * Invariant: a product of a wide and 64 bits fits five limbs. */
#include "plan_wide.h"

#include <stdlib.h>

typedef unsigned __int128 wide_pair; /* two limbs, for carries only */

#define PRODUCT_LIMBS (WIDE_LIMBS + 1)

struct product {
    uint64_t limb[PRODUCT_LIMBS];
};

struct wide wide_from_int(uint64_t value)
{
    return (struct wide){ .limb = { [WIDE_LIMBS - 1] = value } };
}

struct wide wide_add(struct wide a, struct wide b)
{
    bool carry = false;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        const wide_pair sum = (wide_pair)a.limb[i] + b.limb[i] + carry;
        a.limb[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64) != 0;
    }
    if (carry)
        abort();
    return a;
}

struct wide wide_subtract(struct wide a, struct wide b)
{
    bool borrow = false;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        const wide_pair difference = (wide_pair)a.limb[i] - b.limb[i] - borrow;
        a.limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) != 0;
    }
    return borrow ? wide_from_int(0) : a;
}

struct wide wide_multiply(struct wide a, struct wide b)
{
    uint64_t product[2 * WIDE_LIMBS] = { 0 };
    for (int i = 0; i < WIDE_LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < WIDE_LIMBS; j++) {
            const wide_pair part = (wide_pair)a.limb[i] * b.limb[j] + product[i + j] + carry;
            product[i + j] = (uint64_t)part;
            carry = (uint64_t)(part >> 64);
        }
        product[i + WIDE_LIMBS] = carry;
    }
    if (product[2 * WIDE_LIMBS - 1])
        abort();
    for (int i = 0; i < WIDE_LIMBS; i++)
        a.limb[i] = product[i + WIDE_LIMBS - 1];
    return a;
}

struct wide wide_power(struct wide a, unsigned exponent)
{
    struct wide power = wide_from_int(1);
    bool one = true;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            power = one ? a : wide_multiply(power, a);
        one = one && !(exponent & 1);
        if (exponent > 1)
            a = wide_multiply(a, a);
    }
    return power;
}

struct wide wide_add_int(struct wide a, uint64_t value)
{
    if (__builtin_add_overflow(a.limb[WIDE_LIMBS - 1], value, &a.limb[WIDE_LIMBS - 1]))
        abort();
    return a;
}

static struct product multiply(const struct wide *a, uint64_t multiplier)
{
    struct product out;
    uint64_t carry = 0;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        const wide_pair part = (wide_pair)a->limb[i] * multiplier + carry;
        out.limb[i] = (uint64_t)part;
        carry = (uint64_t)(part >> 64);
    }
    out.limb[WIDE_LIMBS] = carry;
    return out;
}

struct wide wide_scale(struct wide a, uint64_t multiplier, uint64_t divisor)
{
    const struct product product = multiply(&a, multiplier);
    uint64_t remainder = product.limb[WIDE_LIMBS];
    if (remainder >= divisor)
        abort();
    for (int i = WIDE_LIMBS - 1; i >= 0; i--) {
        const wide_pair part = (wide_pair)remainder << 64 | product.limb[i];
        a.limb[i] = (uint64_t)(part / divisor);
        remainder = (uint64_t)(part % divisor);
    }
    return a;
}

bool wide_product_at_most(struct wide a, uint64_t multiplier, uint64_t value)
{
    const struct product product = multiply(&a, multiplier);
    if (product.limb[WIDE_LIMBS] != 0 || product.limb[WIDE_LIMBS - 1] > value)
        return false;
    if (product.limb[WIDE_LIMBS - 1] < value)
        return true;
    return (product.limb[0] | product.limb[1] | product.limb[2]) == 0;
}

bool wide_ratio_at_most(struct wide a, uint64_t multiplier, struct wide b, uint64_t other)
{
    const struct product left = multiply(&a, multiplier), right = multiply(&b, other);
    for (int i = PRODUCT_LIMBS - 1; i >= 0; i--)
        if (left.limb[i] != right.limb[i])
            return left.limb[i] < right.limb[i];
    return true;
}

static int bits_of(const struct wide *a)
{
    for (int i = WIDE_LIMBS - 1; i >= 0; i--)
        if (a->limb[i])
            return 64 * (i + 1) - __builtin_clzll(a->limb[i]);
    return 0;
}

/* a x 2^shift; the caller knows that it fits. */
static struct product shift_left(const struct wide *a, int shift)
{
    struct product out = { { 0 } };
    const int limbs = shift / 64, bits = shift % 64;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        if (i + limbs < PRODUCT_LIMBS)
            out.limb[i + limbs] |= a->limb[i] << bits;
        if (bits && i + limbs + 1 < PRODUCT_LIMBS)
            out.limb[i + limbs + 1] |= a->limb[i] >> (64 - bits);
    }
    return out;
}

static struct wide shift_right(const struct product *a, int shift)
{
    struct wide out = { { 0 } };
    const int limbs = shift / 64, bits = shift % 64;
    for (int i = limbs; i < PRODUCT_LIMBS; i++) {
        if (i - limbs < WIDE_LIMBS)
            out.limb[i - limbs] |= a->limb[i] >> bits;
        if (bits && i - limbs - 1 >= 0)
            out.limb[i - limbs - 1] |= a->limb[i] << (64 - bits);
    }
    return out;
}

/* rest -= digit x divisor; true when that went below zero (rest then holds it modulo 2^320). */
static bool subtract_multiple(struct product *rest, uint64_t digit, const struct wide *divisor)
{
    const struct product part = multiply(divisor, digit);
    bool borrow = false;
    for (int i = 0; i < PRODUCT_LIMBS; i++) {
        const wide_pair difference = (wide_pair)rest->limb[i] - part.limb[i] - borrow;
        rest->limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) != 0;
    }
    return borrow;
}

/* rest += divisor; true when that carried out of the top, that is, came back above zero. */
static bool add_back(struct product *rest, const struct wide *divisor)
{
    uint64_t carry = 0;
    for (int i = 0; i < PRODUCT_LIMBS; i++) {
        const wide_pair sum = (wide_pair)rest->limb[i] + (i < WIDE_LIMBS ? divisor->limb[i] : 0) + carry;
        rest->limb[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return carry != 0;
}

bool wide_divide(struct wide a, struct wide divisor, uint64_t *quotient, struct wide *remainder)
{
    const int divisor_bits = bits_of(&divisor);
    if (divisor_bits == 0)
        abort();
    if (bits_of(&a) - divisor_bits + 1 > 62)
        return false;
    const int shift = 64 * WIDE_LIMBS - divisor_bits;
    const struct product scaled = shift_left(&divisor, shift);
    struct wide top;
    for (int i = 0; i < WIDE_LIMBS; i++)
        top.limb[i] = scaled.limb[i];
    struct product rest = shift_left(&a, shift);
    const wide_pair head = (wide_pair)rest.limb[WIDE_LIMBS] << 64 | rest.limb[WIDE_LIMBS - 1];
    uint64_t digit = (uint64_t)(head / top.limb[WIDE_LIMBS - 1]); /* at most 2 too large */
    if (subtract_multiple(&rest, digit, &top))
        do
            digit--;
        while (!add_back(&rest, &top));
    *quotient = digit;
    if (remainder)
        *remainder = shift_right(&rest, shift);
    return true;
}

struct wide wide_quotient(struct wide a, struct wide divisor)
{
    const uint64_t half = UINT64_C(1) << 32;
    struct wide out, rest;
    if (!wide_divide(a, divisor, &out.limb[WIDE_LIMBS - 1], &rest))
        abort();
    for (int i = WIDE_LIMBS - 2; i >= 0; i--) {
        uint64_t high, low;
        /* The rest of a small divisor keeps its 192 digits; a great one's may lose the last when shifted up. */
        if (!wide_divide(wide_scale(rest, half, 1), divisor, &high, &rest) || !wide_divide(wide_scale(rest, half, 1), divisor, &low, &rest))
            abort();
        out.limb[i] = high << 32 | low;
    }
    return out;
}

#define HALF (UINT64_C(1) << 63)
#define NEAR 4 /* in 2^-64 */

static bool rounds_up(uint64_t whole, uint64_t fraction, enum rounding mode)
{
    const bool tie = fraction - (HALF - NEAR) <= 2 * NEAR;
    switch (mode) {
    case ROUND_UP:
        return fraction > NEAR;
    case ROUND_DOWN:
        return fraction >= UINT64_MAX - NEAR;
    case ROUND_HALF_UP:
        return tie || fraction > HALF;
    case ROUND_HALF_DOWN:
        return !tie && fraction > HALF;
    case ROUND_HALF_EVEN:
        return tie ? whole % 2 == 1 : fraction > HALF;
    }
    __builtin_trap();
}

uint64_t wide_round(uint64_t whole, uint64_t fraction, enum rounding mode)
{
    return whole + rounds_up(whole, fraction, mode);
}
