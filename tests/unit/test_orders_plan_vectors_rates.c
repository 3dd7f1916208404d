/* Annual rates, intervals and annuity functions against the shared vectors: every case the engine's present features reach.
 * Not reached: the three EC examples whose payments follow a rule (stepped, percentage of capital), and the number of periods. */
#include "vectors.h"

#include "orders/plan_dates.h"
#include "orders/plan_factor.h"
#include "orders/plan_rates.h"

#include <math.h>

#define SERIES_MAX 16
#define AMOUNTS_MAX 256

struct flows {
    struct rate_series series[SERIES_MAX];
    int64_t amounts[SERIES_MAX][AMOUNTS_MAX];
    size_t count;
};
static struct flows flows;

static struct rate_series *add_series(bool advance, const cJSON *group)
{
    assert_true(flows.count < SERIES_MAX);
    int64_t *amounts = flows.amounts[flows.count];
    struct rate_series *series = &flows.series[flows.count++];
    *series = (struct rate_series){ .advance = advance, .amounts = amounts, .count = 1 };
    const cJSON *list = at(group, "amounts_minor");
    if (list) {
        series->amount_stride = sizeof *amounts;
        series->count = 0;
        for (const cJSON *item = list->child; item; item = item->next)
            amounts[series->count++] = (int64_t)item->valuedouble;
        assert_true(series->count <= AMOUNTS_MAX);
        return series;
    }
    amounts[0] = int_at(group, "amount_minor");
    if (at(group, "count"))
        series->count = (size_t)int_at(group, "count");
    return series;
}

static long double years_of(const cJSON *time)
{
    const long double odd = at(time, "d") ? real_at(time, "d") / (at(time, "d_den") ? real_at(time, "d_den") : 365) : 0;
    return real_at(time, "y") + real_at(time, "m") / 12 + real_at(time, "w") / 52 + odd;
}

static void assert_near(const cJSON *c, long double value, long double expected, long double tolerance)
{
    if (!(fabsl(value - expected) <= tolerance))
        fail_msg("%s: %.12Lf, expected %.12Lf", text_at(c, "id"), value, expected);
}

static void check_percent(const cJSON *c, long double rate)
{
    assert_near(c, rate * 100, real_at(at(c, "expected"), "apr_percent"), real_at(at(c, "check"), "tolerance_pp"));
}

static void eu_effective_rates(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("apr_eu");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next) {
        const cJSON *groups = at(at(c, "inputs"), "flows");
        if (!groups)
            continue;
        flows.count = 0;
        for (const cJSON *group = groups->child; group; group = group->next) {
            struct rate_series *series = add_series(is(text_at(group, "dir"), "advance"), group);
            series->start = years_of(at(group, "start"));
            series->step = at(group, "step") ? years_of(at(group, "step")) : 0;
        }
        long double growth;
        assert_true(rate_solve(flows.series, flows.count, 0.1L, &growth));
        check_percent(c, expm1l(growth));
        checked++;
    }
    assert_true(checked >= 20);
    cJSON_Delete(cases);
}

static struct plan_frequency unit_of(const cJSON *inputs)
{
    int every;
    char name[16];
    assert_int_equal(sscanf(text_at(inputs, "unit_period"), "%d %15s", &every, name), 2);
    struct plan_frequency unit = { .every = every };
    size_t length = strlen(name);
    if (name[length - 1] == 's')
        length--;
    assert_true(plan_unit_parse(slice_of(name, length), &unit.unit));
    return unit;
}

static void us_actuarial_rates(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("apr_us_regz");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next) {
        const cJSON *inputs = at(c, "inputs"), *first_time = at(at(c, "expected"), "first_payment_time");
        const struct plan_frequency unit = unit_of(inputs);
        const int32_t origin = date_at(at(inputs, "advances")->child, "date");
        flows.count = 0;
        for (int side = 0; side < 2; side++)
            for (const cJSON *group = at(inputs, side ? "payments" : "advances")->child; group; group = group->next) {
                struct rate_series *series = add_series(side == 0, group);
                const struct plan_unit_periods t = plan_unit_periods(&unit, origin, date_at(group, side ? "first_date" : "date"));
                series->start = (long double)t.whole;
                series->simple_part = (long double)t.numerator / (long double)t.denominator;
                series->step = side ? real_at(group, "every") / unit.every : 0;
                if (side && group == at(inputs, "payments")->child) {
                    assert_near(c, series->start, real_at(first_time, "full_unit_periods"), 0);
                    assert_near(c, series->simple_part, real_at(first_time, "fraction"), 1e-15L);
                }
            }
        long double growth;
        assert_true(rate_solve(flows.series, flows.count, 0.01L, &growth));
        check_percent(c, expm1l(growth) * real_at(inputs, "unit_periods_per_year"));
        checked++;
    }
    assert_true(checked >= 8);
    cJSON_Delete(cases);
}

static void eu_intervals(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("eu_time_intervals");
    for (const cJSON *c = cases->child; c; c = c->next) {
        const cJSON *inputs = at(c, "inputs"), *expected = at(c, "expected");
        const bool weeks = is(text_at(inputs, "regular_period"), "week");
        assert_true(weeks || is(text_at(inputs, "regular_period"), "month"));
        const struct plan_interval interval = (weeks ? plan_interval_weeks : plan_interval_months)(date_at(inputs, "from"), date_at(inputs, "to"));
        assert_int_equal(interval.units, int_at(expected, "regular_periods"));
        assert_int_equal(interval.odd_days, int_at(expected, "odd_days"));
        if (interval.odd_days)
            assert_int_equal(plan_odd_year_days(interval.odd_end), int_at(expected, "odd_days_denominator"));
    }
    cJSON_Delete(cases);
}

/* "0.23/12" exactly, as the engine's fraction. */
static struct plan_rate rate_argument(const char *text)
{
    const char *slash = strchr(text, '/');
    const size_t size = slash ? (size_t)(slash - text) : strlen(text);
    struct decimal decimal;
    assert_true(decimal_parse(slice_of(text, size), 10, &decimal));
    return (struct plan_rate){ decimal.digits, plan_power_of_ten(decimal.scale) * (slash ? atol(slash + 1) : 1) };
}

static struct wide annuity_sum(const cJSON *args, int periods)
{
    static struct plan_row rows[PLAN_INSTALLMENTS_MAX];
    for (int i = 0; i < periods; i++)
        rows[i].rate = rate_argument(text_at(args, "rate"));
    const struct plan_factor factor = plan_factor_of(rows, (size_t)periods, 0, 1, 0);
    assert_int_equal(factor.first, 0);
    return factor.sum;
}

/* numerator / divisor with 30 decimals, ten at a time from the remainder. */
static void divide_to_text(struct wide numerator, struct wide divisor, char out[64])
{
    uint64_t part;
    struct wide rest;
    assert_true(wide_divide(numerator, divisor, &part, &rest));
    int length = snprintf(out, 64, "%llu.", (unsigned long long)part);
    for (int i = 0; i < 3; i++) {
        assert_true(wide_divide(wide_scale(rest, UINT64_C(10000000000), 1), divisor, &part, &rest));
        length += snprintf(out + length, 64 - (size_t)length, "%010llu", (unsigned long long)part);
    }
}

/* Equal in all decimals but the last that the case's tolerance (a power of ten) leaves. */
static void assert_digits(const cJSON *c, const char *value, const char *expected)
{
    const int decimals = (int)lrintl(-log10l(real_at(at(c, "check"), "tolerance"))) - 1;
    expected += *expected == '-';
    const size_t digits = (size_t)(strchr(expected, '.') - expected + 1 + decimals);
    assert_true(strlen(expected) >= digits);
    if (strncmp(value, expected, digits) != 0)
        fail_msg("%s: %s, expected %s", text_at(c, "id"), value, expected);
}

static uint64_t amount_argument(const cJSON *args, const char *name)
{
    return (uint64_t)strtoll(text_at(args, name), NULL, 10);
}

static struct wide subtract(struct wide a, struct wide b)
{
    unsigned __int128 borrow = 0;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        const unsigned __int128 difference = (unsigned __int128)a.limb[i] - b.limb[i] - borrow;
        a.limb[i] = (uint64_t)difference;
        borrow = (difference >> 64) & 1;
    }
    return a;
}

/* Payment pv / sum; its first principal pv (1 / sum - n/d) = pv (d - n sum) / (d sum); present value pmt sum. */
static void check_exact(const cJSON *c, const cJSON *args, const char *function)
{
    const struct wide sum = annuity_sum(args, (int)int_at(args, "nper"));
    const struct plan_rate rate = rate_argument(text_at(args, "rate"));
    char value[64];
    if (is(function, "pmt"))
        divide_to_text(wide_from_int(amount_argument(args, "pv")), sum, value);
    else if (is(function, "pv"))
        divide_to_text(wide_scale(sum, amount_argument(args, "pmt"), 1), wide_from_int(1), value);
    else {
        assert_int_equal(int_at(args, "per"), 1);
        const struct wide share = subtract(wide_from_int((uint64_t)rate.denominator), wide_scale(sum, (uint64_t)rate.numerator, 1));
        divide_to_text(wide_scale(share, amount_argument(args, "pv"), 1), wide_scale(sum, (uint64_t)rate.denominator, 1), value);
    }
    assert_digits(c, value, text_at(at(c, "expected"), "value"));
}

/* Rates of return over equal periods: an advance (or none) now, payments at 1..n, and perhaps something at n. */
static void check_return(const cJSON *c, const cJSON *args, const char *function)
{
    int64_t amounts[64] = { 0 };
    size_t n = 0;
    if (is(function, "irr"))
        for (const cJSON *item = at(args, "values")->child; item; item = item->next)
            amounts[n++] = llroundl(100 * strtold(item->valuestring, NULL));
    else {
        n = (size_t)int_at(args, "nper") + 1;
        for (size_t i = 1; i < n; i++)
            amounts[i] = llroundl(fabsl(100 * real_at(args, "pmt")));
        amounts[0] = -llroundl(fabsl(100 * real_at(args, "pv")));
        amounts[n - 1] += llroundl(100 * real_at(args, "fv"));
    }
    const int64_t advance = -amounts[0];
    const struct rate_series series[] = {
        { .advance = true, .amounts = &advance, .count = 1 },
        { .amounts = amounts + 1, .amount_stride = sizeof *amounts, .count = n - 1, .start = 1, .step = 1 },
    };
    long double growth;
    assert_true(rate_solve(series, 2, 0.01L, &growth));
    const long double periods = is(function, "effective_rate") ? real_at(args, "periods_per_year") : 1;
    assert_near(c, expm1l(growth * periods), real_at(at(c, "expected"), "value"), real_at(at(c, "check"), "tolerance"));
}

static void annuity_functions(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("annuity_functions");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next) {
        const cJSON *inputs = at(c, "inputs"), *args = at(inputs, "args");
        const char *function = text_at(inputs, "function");
        checked++;
        if (is(function, "pmt") || is(function, "ppmt") || (is(function, "pv") && real_at(args, "fv") == 0))
            check_exact(c, args, function);
        else if (is(function, "rate") || is(function, "irr") || is(function, "effective_rate"))
            check_return(c, args, function);
        else
            checked--;
    }
    assert_true(checked >= 7);
    cJSON_Delete(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eu_effective_rates),
        cmocka_unit_test(us_actuarial_rates),
        cmocka_unit_test(eu_intervals),
        cmocka_unit_test(annuity_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
