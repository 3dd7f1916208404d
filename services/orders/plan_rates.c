/* Newton's method on ln(value of payments) - ln(value of advances) as a function of x = ln(growth per unit of time): for one advance
 * it is convex and nearly straight, so that a few steps reach the last bit; a bracket and bisection guard the rest. Series of
 * equal steps are summed by Horner's rule with one exponential each. Pure and deterministic. */
#include "plan_rates.h"

#include <math.h>

#include "base/digits.h"

#define STEPS_MAX 200
#define STEP_MAX 4.0L           /* of x: no method of ours needs more in one go */
#define GROWTH_LIMIT 2000.0L    /* e^2000 per unit of time: beyond anything that can be stated */
#define CONVERGED 1e-11L        /* the next step of Newton's would be of the order of its square */
#define YEAR_RATE_LIMIT 1e9L

static long double amount_at(const struct rate_series *series, size_t index)
{
    return (long double)*(const int64_t *)(const void *)((const char *)series->amounts + index * series->amount_stride);
}

static struct rate_value series_value(const struct rate_series *series, long double x)
{
    const long double factor = series->count > 1 ? expl(-x * series->step) : 1;
    long double sum = 0, derivative = 0;
    for (size_t i = series->count; i-- > 0;) {
        derivative = derivative * factor + sum;
        sum = sum * factor + amount_at(series, i);
    }
    const long double growth = series->simple_part > 0 ? expl(x) : 1;
    const long double simple = 1 + series->simple_part * (growth - 1);
    const long double discount = expl(-x * series->start) / simple;
    const long double fixed_slope = -series->start - series->simple_part * growth / simple;
    return (struct rate_value){ discount * sum, discount * (fixed_slope * sum - series->step * factor * derivative) };
}

void rate_add(struct rate_value *side, long double amount, long double time, long double simple_part, long double x)
{
    const long double growth = simple_part > 0 ? expl(x) : 1;
    const long double simple = 1 + simple_part * (growth - 1);
    const long double value = amount * expl(-x * time) / simple;
    side->amount += value;
    side->slope -= value * (time + simple_part * growth / simple);
}

struct rate_gap rate_gap_of(struct rate_sides sides)
{
    const struct rate_value advances = sides.advances, payments = sides.payments;
    if (!(advances.amount > 0 && payments.amount > 0))
        return (struct rate_gap){ .defined = false };
    return (struct rate_gap){ .gap = logl(payments.amount / advances.amount),
                              .slope = payments.slope / payments.amount - advances.slope / advances.amount, .defined = true };
}

static long double clamp(long double value, long double lowest, long double highest)
{
    return value < lowest ? lowest : value > highest ? highest : value;
}

bool rate_newton(const struct rate_search *search, long double guess, long double *growth)
{
    long double x = guess, low = search->low, high = search->high;
    for (int i = 0; i < STEPS_MAX; i++) {
        const struct rate_gap at = search->at(search->flows, x);
        if (!at.defined)
            return false;
        if (at.gap > 0)
            low = x;    /* payments are worth more: the rate is higher */
        else
            high = x;
        const long double newton = at.slope < 0 ? clamp(x - at.gap / at.slope, x - STEP_MAX, x + STEP_MAX) : low + (high - low) / 2;
        const long double next = newton > low && newton < high ? newton : low + (high - low) / 2;
        if (fabsl(newton - x) <= CONVERGED * (1 + fabsl(x))) {
            *growth = newton;
            return true;
        }
        x = next;
    }
    return false;
}

struct sides_of {
    struct rate_sides (*at)(const void *flows, long double x);
    const void *flows;
};

static struct rate_gap sides_gap(const void *of, long double x)
{
    const struct sides_of *sides = of;
    return rate_gap_of(sides->at(sides->flows, x));
}

bool rate_solve_of(struct rate_sides (*at)(const void *flows, long double x), const void *flows, long double guess, long double *growth)
{
    const struct sides_of sides = { at, flows };
    const struct rate_search search = { sides_gap, &sides, -GROWTH_LIMIT, GROWTH_LIMIT };
    return rate_newton(&search, guess, growth);
}

struct series_list {
    const struct rate_series *series;
    size_t count;
};

static struct rate_sides series_sides(const void *flows, long double x)
{
    const struct series_list *list = flows;
    struct rate_sides sides = { { 0, 0 }, { 0, 0 } };
    for (size_t i = 0; i < list->count; i++) {
        const struct rate_value value = series_value(&list->series[i], x);
        struct rate_value *side = list->series[i].advance ? &sides.advances : &sides.payments;
        side->amount += value.amount;
        side->slope += value.slope;
    }
    return sides;
}

bool rate_solve(const struct rate_series *series, size_t count, long double guess, long double *growth)
{
    const struct series_list list = { series, count };
    return rate_solve_of(series_sides, &list, guess, growth);
}

void rate_format(long double rate, char out[PLAN_RATE_TEXT])
{
    out[0] = '\0';
    if (!(fabsl(rate) <= YEAR_RATE_LIMIT))
        return;
    const long long scaled = llroundl(rate * 1e8L);
    const long long whole = scaled < 0 ? -scaled : scaled;
    *out = '-';
    char *at = digits_put_int(out + (scaled < 0), whole / 100000000);
    *at++ = '.';
    for (unsigned left = (unsigned)(whole % 100000000), unit = 1000000; unit; left %= unit, unit /= 100)
        at = digits_put_pair(at, left / unit);
    *at = '\0';
}
