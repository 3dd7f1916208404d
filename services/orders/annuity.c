/* Level payments, exactly. Factors come from their recurrences, one truncating division a period (plan_factor.c does the same for
 * periods of different rates), so that no power is taken and a rate of 0 is a rate like any other. Values stay below 2^63: the sum of at most 600
 * factors, a rate of at most 10 and amounts below 2^53. */
#include "annuity.h"

#include <stdlib.h>

struct factors {
    struct wide sum, discount;   /* v + ... + v^n, and v^n */
};

static struct wide divide_by_growth(const struct annuity *annuity, struct wide value)
{
    const uint64_t denominator = (uint64_t)annuity->rate.denominator;
    return wide_scale(value, denominator, denominator + (uint64_t)annuity->rate.numerator);
}

static struct wide grow(const struct annuity *annuity, struct wide value)
{
    const uint64_t denominator = (uint64_t)annuity->rate.denominator;
    return wide_scale(value, denominator + (uint64_t)annuity->rate.numerator, denominator);
}

static struct factors factors_of(const struct annuity *annuity, int periods)
{
    struct factors out = { wide_from_int(0), wide_from_int(1) };
    for (int i = 0; i < periods; i++) {
        out.sum = divide_by_growth(annuity, wide_add_int(out.sum, 1));
        out.discount = divide_by_growth(annuity, out.discount);
    }
    return out;
}

static struct factors factors_now(const struct annuity *annuity)
{
    struct factors out = factors_of(annuity, annuity->periods);
    if (annuity->in_advance)
        out.sum = grow(annuity, out.sum);
    return out;
}

/* ---- values with a sign ---- */

static struct annuity_value times(int64_t amount, struct wide factor)
{
    return (struct annuity_value){ amount < 0, wide_scale(factor, (uint64_t)llabs(amount), 1) };
}

static bool is_less(const struct wide *a, const struct wide *b)
{
    for (int i = WIDE_LIMBS - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i];
    return false;
}

static struct annuity_value add(struct annuity_value a, struct annuity_value b)
{
    if (a.negative == b.negative)
        return (struct annuity_value){ a.negative, wide_add(a.size, b.size) };
    if (is_less(&a.size, &b.size))
        return (struct annuity_value){ b.negative, wide_subtract(b.size, a.size) };
    return (struct annuity_value){ a.negative, wide_subtract(a.size, b.size) };
}

static struct annuity_value negate(struct annuity_value value)
{
    return (struct annuity_value){ !value.negative, value.size };
}

/* ---- functions ---- */

struct annuity_value annuity_payment(const struct annuity *annuity, int64_t present, int64_t future)
{
    const struct factors now = factors_now(annuity);
    const struct annuity_value owed = add(times(present, wide_from_int(1)), times(future, now.discount));
    return (struct annuity_value){ !owed.negative, wide_quotient(owed.size, now.sum) };
}

struct annuity_value annuity_present(const struct annuity *annuity, int64_t payment, int64_t future)
{
    const struct factors now = factors_now(annuity);
    return negate(add(times(payment, now.sum), times(future, now.discount)));
}

bool annuity_future(const struct annuity *annuity, int64_t payment, int64_t present, struct annuity_value *out)
{
    const uint64_t room = UINT64_C(1) << 57, most = UINT64_C(1) << 61;   /* a period multiplies by 11 at most */
    struct factors later = { wide_from_int(0), wide_from_int(1) };       /* of growth: sum of 1 .. (1 + rate)^(n - 1), and (1 + rate)^n */
    for (int i = 0; i < annuity->periods; i++) {
        if (later.discount.limb[WIDE_LIMBS - 1] >= room || later.sum.limb[WIDE_LIMBS - 1] >= room)
            return false;
        later.sum = wide_add_int(grow(annuity, later.sum), 1);
        later.discount = grow(annuity, later.discount);
    }
    if (later.sum.limb[WIDE_LIMBS - 1] >= room)
        return false;
    if (annuity->in_advance)
        later.sum = grow(annuity, later.sum);
    if (!wide_product_at_most(later.sum, (uint64_t)llabs(payment), most) || !wide_product_at_most(later.discount, (uint64_t)llabs(present), most))
        return false;
    *out = negate(add(times(payment, later.sum), times(present, later.discount)));
    return true;
}

/* What is still to come, valued right after the payment; in advance the end is a period after the last one. */
struct annuity_value annuity_balance(const struct annuity *annuity, int number, int64_t present, int64_t future)
{
    if (number == 0)
        return times(present, wide_from_int(1));
    const struct factors rest = factors_of(annuity, annuity->periods - number);
    const struct annuity_value payment = annuity_payment(annuity, present, future);
    const struct annuity_value payments = { payment.negative, wide_multiply(payment.size, rest.sum) };
    const struct wide end = annuity->in_advance ? divide_by_growth(annuity, rest.discount) : rest.discount;
    return negate(add(payments, times(future, end)));
}

struct annuity_value annuity_interest(const struct annuity *annuity, int number, int64_t present, int64_t future)
{
    if (annuity->in_advance && number == 1)
        return times(0, wide_from_int(1));
    const struct annuity_value owed = annuity_balance(annuity, number - 1, present, future);
    return (struct annuity_value){ !owed.negative, wide_scale(owed.size, (uint64_t)annuity->rate.numerator, (uint64_t)annuity->rate.denominator) };
}

struct annuity_value annuity_principal(const struct annuity *annuity, int number, int64_t present, int64_t future)
{
    return add(annuity_payment(annuity, present, future), negate(annuity_interest(annuity, number, present, future)));
}

int64_t annuity_round(struct annuity_value value, enum rounding mode)
{
    const int64_t whole = (int64_t)wide_round(value.size.limb[WIDE_LIMBS - 1], value.size.limb[WIDE_LIMBS - 2], mode);
    return value.negative ? -whole : whole;
}
