/* Rates and numbers of periods of level payments, and one rate said in another way: long double, by expm1 and log1p so that small rates keep their
 * digits. Pure. */
#include <math.h>

#include "annuity.h"
#include "flows_value.h"

#define RATE_LEAST 1e-8L   /* above -1 */
#define RATE_MOST 1e9L

/* From present + payment (1 + rate in advance) (1 - v^n) / rate + future v^n = 0. */
bool annuity_count(long double rate, const struct annuity_flows *flows, long double *periods)
{
    if (rate == 0)
        *periods = -(flows->present + flows->future) / flows->payment;
    else {
        const long double perpetuity = flows->payment * (flows->in_advance ? 1 + rate : 1) / rate;
        *periods = logl((perpetuity - flows->future) / (perpetuity + flows->present)) / log1pl(rate);
    }
    return isfinite(*periods) && *periods >= 0;
}

/* One of the sides is whatever comes first: a loan is received and paid back, savings are paid and received back. */
static void put(struct flow_series *series, struct flow_list *list, long double amount, size_t count, long double start)
{
    if (amount == 0)
        return;
    const bool received = amount > 0, first_received = list->count == 0 ? received : series[0].amount > 0;
    series[list->count++] = (struct flow_series){ .advance = received == first_received, .count = count, .amount = amount, .start = start, .step = 1 };
}

bool annuity_rate(int periods, const struct annuity_flows *flows, long double *rate)
{
    struct flow_series series[3];
    struct flow_list list = { series, 0 };
    long double growth;
    put(series, &list, flows->present, 1, 0);
    put(series, &list, flows->payment, (size_t)periods, flows->in_advance ? 0 : 1);
    put(series, &list, flows->future, 1, periods);
    for (size_t i = 0; i < list.count; i++)
        series[i].amount = fabsl(series[i].amount);
    if (flow_rate(&list, 1, logl(RATE_LEAST), log1pl(RATE_MOST), &growth) != RATE_ONE)
        return false;
    *rate = expm1l(growth);
    return true;
}

struct values {
    const long double *values;
    size_t count;
    bool first_received;
};

/* Both sides by Horner's rule. */
static struct rate_gap values_gap(const void *flows, long double x)
{
    const struct values *in = flows;
    const long double factor = expl(-x);
    struct rate_sides sides = { { 0, 0 }, { 0, 0 } };
    for (size_t i = in->count; i-- > 0;) {
        const long double value = in->values[i];
        sides.advances.slope = sides.advances.slope * factor - sides.advances.amount * factor;
        sides.payments.slope = sides.payments.slope * factor - sides.payments.amount * factor;
        sides.advances.amount *= factor;
        sides.payments.amount *= factor;
        *((value > 0) == in->first_received ? &sides.advances.amount : &sides.payments.amount) += fabsl(value);
    }
    return rate_gap_of(sides);
}

bool annuity_return(const long double *values, size_t count, long double *rate)
{
    struct values in = { values, count, false };
    long double before = 0, growth;
    int turns = 0;
    for (size_t i = 0; i < count; i++) {
        if (values[i] == 0)
            continue;
        if (before == 0)
            in.first_received = values[i] > 0;
        turns += before * values[i] < 0;
        before = values[i];
    }
    const struct rate_search search = { values_gap, &in, logl(RATE_LEAST), log1pl(RATE_MOST) };
    if (turns == 0 || count > ANNUITY_PERIODS_MAX + 1 || rate_only(&search, turns == 1, 1, log1pl(0.1L), &growth) != RATE_ONE)
        return false;
    *rate = expm1l(growth);
    return true;
}

long double rate_compounded(long double rate, long double periods)
{
    return expm1l(periods * log1pl(rate));
}

long double rate_effective(long double nominal, long double periods_per_year)
{
    return rate_compounded(nominal / periods_per_year, periods_per_year);
}

long double rate_nominal(long double effective, long double periods_per_year)
{
    return periods_per_year * rate_compounded(effective, 1 / periods_per_year);
}

long double rate_of_days(long double nominal, long double days, long double days_in_year)
{
    return nominal * days / days_in_year;
}

long double rate_of_continuous(long double continuous)
{
    return expm1l(continuous);
}

long double rate_to_continuous(long double effective)
{
    return log1pl(effective);
}

long double rate_of_advance(long double advance)
{
    return advance / (1 - advance);
}

long double rate_to_advance(long double rate)
{
    return rate / (1 + rate);
}
