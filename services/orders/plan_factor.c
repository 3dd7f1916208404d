/* The annuity factor, with 192 bits after the point. Periods of one rate: (1 - v^n) / rate, v = 1 / (1 + rate), which truncation leaves right to
 * 2^-140 even at the least of rates (10^-10 a year, by the day). Others backwards from the last period: sum = (1 + sum) / (1 + rate), one exact
 * multiplication and one truncating division a period, and unchanged by a row that rests; with 600 of them that stays under 2^-182. Since the sum is at least 1 / (1 + 100) and the amount
 * below 2^53, the payment is right to 2^-70. Nothing suspends, nothing is allocated. */
#include "plan_factor.h"

#define PASSES_MAX 4

static bool is_one_rate(const struct plan_row *rows, size_t count, size_t from)
{
    for (size_t i = from + 1; i < count; i++)
        if (rows[i].rate.numerator != rows[from].rate.numerator || rows[i].rate.denominator != rows[from].rate.denominator)
            return false;
    return true;
}

/* Nobody rests: rate x sum = 1 - v^n. */
static struct plan_factor factor_of_one_rate(struct plan_rate rate, size_t periods, int64_t balloon)
{
    const uint64_t numerator = (uint64_t)rate.numerator, denominator = (uint64_t)rate.denominator;
    const struct wide one = wide_from_int(1), power = wide_power(wide_scale(one, denominator, denominator + numerator), (unsigned)periods);
    return (struct plan_factor){ .discount = balloon ? power : wide_from_int(0),
                                 .sum = numerator ? wide_scale(wide_subtract(one, power), denominator, numerator) : wide_from_int(periods) };
}

/* The level payment as known so far: value / sum. */
struct level {
    struct wide value, sum;
    uint64_t balloon;
};

/* Whether interest on what is left after a row, level x sum + balloon x discount, is more than the level payment; all of it times the level's sum. */
static bool is_too_much(const struct plan_factor *after, struct plan_rate rate, const struct level *level)
{
    const uint64_t numerator = (uint64_t)rate.numerator, denominator = (uint64_t)rate.denominator;
    if (!level)
        return !wide_product_at_most(after->sum, numerator, denominator);
    const struct wide left = wide_add(wide_multiply(after->sum, level->value), wide_multiply(wide_scale(after->discount, level->balloon, 1), level->sum));
    return !wide_ratio_at_most(left, numerator, level->value, denominator);
}

/* Backwards; without a level, as if there were no balloon. *changed: a row rests that did not, or no longer. */
static struct plan_factor factor_one_by_one(struct plan_row *rows, size_t count, size_t from, bool balloon, const struct level *level, bool *changed)
{
    struct plan_factor at = { .discount = wide_from_int(balloon) };
    *changed = false;
    for (size_t i = count; i-- > from;) {
        const uint64_t denominator = (uint64_t)rows[i].rate.denominator, grown = denominator + (uint64_t)rows[i].rate.numerator;
        const bool rests = i + 1 < count && is_too_much(&at, rows[i].rate, level);
        *changed |= rests != rows[i].rests;
        rows[i].rests = rests;
        if (rests)
            continue;
        at.sum = wide_scale(wide_add_int(at.sum, 1), denominator, grown);
        if (balloon)
            at.discount = wide_scale(at.discount, denominator, grown);
    }
    return at;
}

struct plan_factor plan_factor_of(struct plan_row *rows, size_t count, size_t from, int64_t amount, int64_t balloon)
{
    for (size_t i = 0; i < count; i++)
        rows[i].rests = i < from;
    if (is_one_rate(rows, count, from))
        return factor_of_one_rate(rows[from].rate, count - from, balloon);
    bool changed;
    struct plan_factor factor = factor_one_by_one(rows, count, from, balloon > 0, NULL, &changed);
    /* With a balloon, which rows rest says the level, and the level which rows rest: a pass or two nearly always. */
    for (int pass = 0; balloon && (changed || pass == 0) && pass < PASSES_MAX; pass++) {
        const struct level level = { plan_factor_value(&factor, amount, balloon), factor.sum, (uint64_t)balloon };
        factor = factor_one_by_one(rows, count, from, true, &level, &changed);
    }
    return factor;
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

bool plan_factor_payment(const struct plan_factor *factor, struct wide value, const struct plan_rounding *rounding, int64_t *out)
{
    const struct wide divisor = wide_scale(factor->sum, (uint64_t)rounding->unit, 1);
    struct wide remainder;
    uint64_t whole;
    if (!wide_divide(value, divisor, &whole, &remainder))
        return false;
    whole = wide_round(whole, fraction_bits(remainder, divisor), rounding->mode);
    return whole <= MONEY_MAX && money_multiply((int64_t)whole, rounding->unit, out);
}
