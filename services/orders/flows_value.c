/* A series of equal flows is a geometric sum: two exponentials, whatever its length. Each side is valued at the time of its greatest
 * flow (its first when growth is positive, its last when negative), so that this one counts in full and the others less: the numbers stay within
 * the size of the amounts. */
#include "flows_value.h"

#include <math.h>

#define STRAIGHT 1e-6L    /* growth over a whole series below which the slope of its sum is that of a straight line */
#define SAME_TIME 1e-12L
#define GUESS 0.1L

static long double last_time(const struct flow_series *series)
{
    return series->start + series->step * (long double)(series->count - 1);
}

struct side {
    long double origin;          /* the time this side is valued at */
    struct rate_value value;
};

/* 1 + e^-u + ... + e^-(count-1)u for u >= 0, and the slope of its logarithm. */
static long double geometric(size_t count, long double u, long double *slope)
{
    const long double n = (long double)count;
    if (count == 1 || u == 0) {
        *slope = -(n - 1) / 2;
        return n;
    }
    *slope = n * u < STRAIGHT ? -(n - 1) / 2 : n / expm1l(n * u) - 1 / expm1l(u);
    return expm1l(-n * u) / expm1l(-u);
}

static void add_value(struct side *side, const struct flow_series *series, long double x)
{
    const long double direction = x < 0 ? -1 : 1;
    const long double time = x < 0 ? last_time(series) : series->start;
    long double slope;
    const long double sum = geometric(series->count, fabsl(x) * series->step, &slope);
    const long double simple = 1 + series->simple_part * expm1l(x);
    const long double value = series->amount * sum * expl(-x * (time - side->origin)) / simple;
    side->value.amount += value;
    side->value.slope += value * (direction * slope * series->step - time - series->simple_part * expl(x) / simple);
}

static void set_origins(const struct flow_list *list, bool last, struct side sides[2])
{
    sides[0].origin = sides[1].origin = last ? -INFINITY : INFINITY;
    for (size_t i = 0; i < list->count; i++) {
        const struct flow_series *series = &list->series[i];
        long double *origin = &sides[series->advance].origin;
        *origin = last ? fmaxl(*origin, last_time(series)) : fminl(*origin, series->start);
    }
}

struct rate_gap flow_gap(const void *flow_list, long double x)
{
    const struct flow_list *list = flow_list;
    struct side sides[2] = { { 0, { 0, 0 } }, { 0, { 0, 0 } } };   /* payments, advances */
    set_origins(list, x < 0, sides);
    for (size_t i = 0; i < list->count; i++)
        add_value(&sides[list->series[i].advance], &list->series[i], x);
    struct rate_gap gap = rate_gap_of((struct rate_sides){ .advances = sides[true].value, .payments = sides[false].value });
    gap.gap -= x * (sides[false].origin - sides[true].origin);
    return gap;
}

bool flow_list_falls(const struct flow_list *list)
{
    long double last_advance = -INFINITY, first_payment = INFINITY;
    for (size_t i = 0; i < list->count; i++) {
        const struct flow_series *series = &list->series[i];
        if (series->advance)
            last_advance = fmaxl(last_advance, last_time(series) + series->simple_part);
        else
            first_payment = fminl(first_payment, series->start + series->simple_part);
    }
    return last_advance <= first_payment + SAME_TIME;
}

enum rate_found flow_rate(const struct flow_list *list, long double per_year, long double low, long double high, long double *growth)
{
    const struct rate_search search = { flow_gap, list, low, high };
    return rate_only(&search, flow_list_falls(list), per_year, GUESS / per_year, growth);
}
