/* The annuity factor, backwards from the last period: sum = (1 + sum) / (1 + rate), one exact multiplication and one truncating
 * division a period, 192 bits after the point. With 600 periods the truncation stays under 2^-182, and since the sum is at least
 * 1 / (1 + 100) the payment has more than 170 correct bits. Nothing suspends, nothing is allocated. */
#include "plan_factor.h"

struct wide plan_factor_sum(const struct plan_row *rows, size_t count, size_t *first)
{
    struct wide sum = wide_from_int(0), best = sum;
    *first = count;
    for (size_t i = count; i-- > 0;) {
        const uint64_t numerator = (uint64_t)rows[i].rate.numerator;
        const uint64_t denominator = (uint64_t)rows[i].rate.denominator;
        sum = wide_scale(wide_add_int(sum, 1), denominator, denominator + numerator);
        /* Interest of this row is at most the level payment: rate <= 1 / sum. */
        if (wide_product_at_most(sum, numerator, denominator)) {
            best = sum;
            *first = i;
        }
    }
    return best;
}

/* The next 64 binary digits of remainder / divisor. */
static uint64_t fraction_bits(struct wide remainder, struct wide divisor)
{
    uint64_t high, low;
    const uint64_t half = UINT64_C(1) << 32;
    if (!wide_divide(wide_scale(remainder, half, 1), divisor, &high, &remainder) ||
        !wide_divide(wide_scale(remainder, half, 1), divisor, &low, NULL))
        __builtin_trap();
    return high << 32 | low;
}

#define HALF (UINT64_C(1) << 63)
#define NEAR 4 /* in 2^-64 */

static bool rounds_up(uint64_t quotient, uint64_t fraction, enum rounding mode)
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
        return tie ? quotient % 2 == 1 : fraction > HALF;
    }
    __builtin_trap();
}

bool plan_factor_payment(int64_t amount, struct wide sum, const struct plan_rounding *rounding, int64_t *out)
{
    const struct wide divisor = wide_scale(sum, (uint64_t)rounding->unit, 1);
    struct wide remainder;
    uint64_t quotient;
    if (!wide_divide(wide_from_int((uint64_t)amount), divisor, &quotient, &remainder))
        return false;
    quotient += rounds_up(quotient, fraction_bits(remainder, divisor), rounding->mode);
    return quotient <= MONEY_MAX && money_multiply((int64_t)quotient, rounding->unit, out);
}
