/* The annuity factor, with 192 bits after the point. Periods of one rate: (1 - v^n) / rate, v = 1 / (1 + rate), which truncation leaves right to
 * 2^-140 even at the least of rates (10^-10 a year, by the day). Others backwards from the last period: sum = (1 + sum) / (1 + rate), one exact
 * multiplication and one truncating division a period; with 600 of them that stays under 2^-182. Since the sum is at least 1 / (1 + 100) and the amount
 * below 2^53, the payment is right to 2^-70. Nothing suspends, nothing is allocated. */
#include "plan_factor.h"

/* Interest of this row on the whole amount is at most the level payment: rate x sum + balloon's present value / amount <= 1. */
static bool is_covered(const struct plan_factor *factor, struct plan_rate rate, int64_t amount, int64_t balloon)
{
    const uint64_t numerator = (uint64_t)rate.numerator, denominator = (uint64_t)rate.denominator;
    if (!balloon)
        return wide_product_at_most(factor->sum, numerator, denominator);
    const struct wide interest = wide_scale(factor->sum, numerator, denominator);
    return wide_product_at_most(wide_add(interest, wide_scale(factor->discount, (uint64_t)balloon, (uint64_t)amount)), 1, 1);
}

static bool is_one_rate(const struct plan_row *rows, size_t count, size_t from)
{
    for (size_t i = from + 1; i < count; i++)
        if (rows[i].rate.numerator != rows[from].rate.numerator || rows[i].rate.denominator != rows[from].rate.denominator)
            return false;
    return true;
}

/* Such a payment covers the interest from the beginning: rate x sum = 1 - v^n. */
static struct plan_factor factor_of_one_rate(struct plan_rate rate, size_t from, size_t periods, int64_t balloon)
{
    const uint64_t numerator = (uint64_t)rate.numerator, denominator = (uint64_t)rate.denominator;
    const struct wide one = wide_from_int(1), power = wide_power(wide_scale(one, denominator, denominator + numerator), (unsigned)periods);
    return (struct plan_factor){ .first = from, .discount = balloon ? power : wide_from_int(0),
                                 .sum = numerator ? wide_scale(wide_subtract(one, power), denominator, numerator) : wide_from_int(periods) };
}

struct plan_factor plan_factor_of(const struct plan_row *rows, size_t count, size_t from, int64_t amount, int64_t balloon)
{
    if (is_one_rate(rows, count, from))
        return factor_of_one_rate(rows[from].rate, from, count - from, balloon);
    struct plan_factor at = { .first = count, .discount = wide_from_int(balloon > 0) }, best = at;
    for (size_t i = count; i-- > from;) {
        const uint64_t denominator = (uint64_t)rows[i].rate.denominator, grown = denominator + (uint64_t)rows[i].rate.numerator;
        at.sum = wide_scale(wide_add_int(at.sum, 1), denominator, grown);
        if (balloon)
            at.discount = wide_scale(at.discount, denominator, grown);
        at.first = i;
        if (is_covered(&at, rows[i].rate, amount, balloon))
            best = at;
    }
    return best;
}

struct wide plan_factor_value(const struct plan_factor *factor, int64_t amount, int64_t balloon)
{
    const struct wide whole = wide_from_int((uint64_t)amount);
    return balloon ? wide_subtract(whole, wide_scale(factor->discount, (uint64_t)balloon, 1)) : whole;
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

bool plan_factor_payment(const struct plan_factor *factor, int64_t amount, int64_t balloon, const struct plan_rounding *rounding, int64_t *out)
{
    const struct wide divisor = wide_scale(factor->sum, (uint64_t)rounding->unit, 1);
    struct wide remainder;
    uint64_t whole;
    if (!wide_divide(plan_factor_value(factor, amount, balloon), divisor, &whole, &remainder))
        return false;
    whole = wide_round(whole, fraction_bits(remainder, divisor), rounding->mode);
    return whole <= MONEY_MAX && money_multiply((int64_t)whole, rounding->unit, out);
}
