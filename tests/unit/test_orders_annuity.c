/* Functions on level payments: every shared vector to its published digits, identities over random ones, and conversions of rates. */
#include "vectors.h"

#include "orders/annuity.h"

#include <math.h>

/* ---- numbers from text ---- */

/* "-1854.0247" to 192 binary places. */
static struct annuity_value exact(const char *text)
{
    struct annuity_value out = { *text == '-', wide_from_int(0) };
    const char *digits = text + out.negative, *point = strchr(digits, '.');
    for (const char *at = point ? strchr(point, '\0') - 1 : digits; at > point && point; at--)
        out.size = wide_scale(wide_add_int(out.size, (uint64_t)(*at - '0')), 1, 10);
    out.size = wide_add_int(out.size, strtoull(digits, NULL, 10));
    return out;
}

/* "0.23/12" exactly. */
static struct plan_rate rate_argument(const char *text)
{
    const char *slash = strchr(text, '/');
    struct decimal decimal;
    assert_true(decimal_parse(slice_of(text, slash ? (size_t)(slash - text) : strlen(text)), 10, &decimal));
    return (struct plan_rate){ decimal.digits, plan_power_of_ten(decimal.scale) * (slash ? atol(slash + 1) : 1) };
}

/* An amount in hundredths: none of the vectors has more decimals. */
static int64_t hundredths(const cJSON *args, const char *name)
{
    struct decimal decimal = { 0, 0 };
    if (at(args, name))
        assert_true(decimal_parse(slice_from_text(text_at(args, name)), 2, &decimal));
    return decimal.digits * plan_power_of_ten(2 - decimal.scale);
}

static long double real_of(struct annuity_value value)
{
    const long double size = (long double)value.size.limb[3] + (long double)value.size.limb[2] * 0x1p-64L;
    return value.negative ? -size : size;
}

/* ---- vectors ---- */

/* |value / 100 - expected| <= tolerance, in fixed point. */
static void assert_exact(const cJSON *c, struct annuity_value value)
{
    const struct annuity_value expected = exact(text_at(at(c, "expected"), "value"));
    value.size = wide_scale(value.size, 1, 100);
    const struct wide over = wide_subtract(value.size, expected.size), under = wide_subtract(expected.size, value.size);
    const char *tolerance = text_at(at(c, "check"), "tolerance"), *exponent = strchr(tolerance, 'e');
    struct wide limit = exact(tolerance).size;
    for (int i = exponent ? atoi(exponent + 1) : 0; i < 0; i++)
        limit = wide_scale(limit, 1, 10);
    const struct wide left = wide_add(wide_subtract(over, limit), wide_subtract(under, limit));
    if (value.negative != expected.negative || (left.limb[0] | left.limb[1] | left.limb[2] | left.limb[3]))
        fail_msg("%s: %.12Lf, expected %s", text_at(c, "id"), real_of(value), text_at(at(c, "expected"), "value"));
}

static void assert_near(const cJSON *c, long double value)
{
    const long double expected = real_at(at(c, "expected"), "value"), tolerance = real_at(at(c, "check"), "tolerance");
    if (!(fabsl(value - expected) <= tolerance))
        fail_msg("%s: %.12Lf, expected %.12Lf", text_at(c, "id"), value, expected);
}

static struct annuity annuity_argument(const cJSON *args)
{
    return (struct annuity){ .rate = rate_argument(text_at(args, "rate")), .periods = (int)int_at(args, "nper"),
                             .in_advance = is(text_at(args, "when"), "begin") };
}

static bool check_amount(const cJSON *c, const char *function, const cJSON *args)
{
    if (!at(args, "rate") || is(function, "nper"))
        return false;
    const struct annuity annuity = annuity_argument(args);
    const int64_t present = hundredths(args, "pv"), payment = hundredths(args, "pmt"), future = hundredths(args, "fv");
    if (is(function, "pmt"))
        assert_exact(c, annuity_payment(&annuity, present, future));
    else if (is(function, "pv"))
        assert_exact(c, annuity_present(&annuity, payment, future));
    else if (is(function, "ppmt"))
        assert_exact(c, annuity_principal(&annuity, (int)int_at(args, "per"), present, future));
    else if (is(function, "pmt_rounded"))
        assert_near(c, fabsl(annuity_round(annuity_payment(&annuity, present, future), ROUND_HALF_UP) / 100.0L));
    else
        return false;
    return true;
}

static bool check_rate(const cJSON *c, const char *function, const cJSON *args)
{
    long double value = 0, values[8];
    size_t count = 0;
    const struct annuity_flows flows = { real_at(args, "pmt"), real_at(args, "pv"), real_at(args, "fv"), is(text_at(args, "when"), "begin") };
    if (is(function, "nper"))
        assert_true(annuity_count(real_at(args, "rate"), &flows, &value));
    else if (is(function, "rate") || is(function, "effective_rate"))
        assert_true(annuity_rate((int)int_at(args, "nper"), &flows, &value));
    else if (is(function, "irr")) {
        for (const cJSON *item = at(args, "values")->child; item; item = item->next)
            values[count++] = strtold(item->valuestring, NULL);
        assert_true(annuity_return(values, count, &value));
    } else
        return false;
    if (is(function, "effective_rate"))
        value = rate_compounded(value, real_at(args, "periods_per_year"));
    assert_near(c, value);
    return true;
}

static void annuity_vectors(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("annuity_functions");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next, checked++) {
        const cJSON *inputs = at(c, "inputs"), *args = at(inputs, "args");
        if (!check_amount(c, text_at(inputs, "function"), args) && !check_rate(c, text_at(inputs, "function"), args))
            fail_msg("%s: no such function", text_at(c, "id"));
    }
    assert_true(checked >= 11);
    cJSON_Delete(cases);
}

/* A Peruvian sheet: balances unrounded, every figure rounded by itself; insurance on the balance, its average added to the instalment, which is
 * rounded to ten hundredths to be paid in coins. */
static void check_peru(const cJSON *c, const cJSON *inputs)
{
    const cJSON *expected = at(c, "expected");
    struct annuity annuity = { .rate = rate_argument(text_at(inputs, "monthly_percent")), .periods = (int)int_at(inputs, "n") };
    annuity.rate.denominator *= 100;
    const int64_t principal = int_at(inputs, "principal_minor");
    const int64_t instalment = -annuity_round(annuity_payment(&annuity, principal, 0), ROUND_HALF_UP);
    assert_int_equal(instalment, int_at(expected, "instalment_minor"));
    for (const cJSON *row = at(expected, "rows")->child; row; row = row->next) {
        const int number = (int)int_at(row, "period");
        assert_int_equal(-annuity_round(annuity_interest(&annuity, number, principal, 0), ROUND_HALF_UP), int_at(row, "interest_minor"));
        assert_int_equal(-annuity_round(annuity_principal(&annuity, number, principal, 0), ROUND_HALF_UP), int_at(row, "principal_minor"));
        assert_int_equal(annuity_round(annuity_balance(&annuity, number, principal, 0), ROUND_HALF_UP), int_at(row, "balance_minor"));
    }
    const long double share = real_at(inputs, "insurance_percent_of_balance") / 100;
    const cJSON *printed = at(expected, "insurance_minor")->child;
    long double insurance = 0;
    for (int i = 0; i < annuity.periods; i++) {
        const long double month = share * real_of(annuity_balance(&annuity, i, principal, 0));
        insurance += month;
        if (printed) {
            assert_int_equal(llroundl(month), (int64_t)printed->valuedouble);
            printed = printed->next;
        }
    }
    const int64_t with_insurance = instalment + llroundl(insurance / annuity.periods);
    assert_int_equal(money_divide(with_insurance, 10, ROUND_HALF_UP) * 10, int_at(expected, "instalment_with_insurance_minor"));
}

static long double converted(const cJSON *c, const cJSON *inputs)
{
    const char *operation = text_at(inputs, "operation");
    const long double per_year = real_at(inputs, "periods_per_year");
    if (is(operation, "periodic_to_effective_annual"))
        return rate_compounded(real_at(inputs, "periodic_percent") / 100, per_year);
    if (is(operation, "nominal_to_effective_annual"))
        return rate_effective(real_at(inputs, "nominal_percent") / 100, per_year);
    if (is(operation, "nominal_to_periodic_days"))
        return rate_of_days(real_at(inputs, "nominal_percent") / 100, real_at(inputs, "days"), real_at(inputs, "year_days"));
    if (is(operation, "continuous_to_effective_annual"))
        return rate_of_continuous(real_at(inputs, "continuous_percent") / 100);
    fail_msg("%s: no such operation", text_at(c, "id"));
    return 0;
}

static void conversion_vectors(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("rate_conversions_latam");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next, checked++) {
        const cJSON *inputs = at(c, "inputs");
        if (is(text_at(inputs, "operation"), "level_schedule_unrounded")) {
            check_peru(c, inputs);
            continue;
        }
        assert_int_equal(int_at(at(c, "check"), "decimals"), 2);
        assert_int_equal(llroundl(converted(c, inputs) * 10000), llroundl(real_at(at(c, "expected"), "percent") * 100));
    }
    assert_true(checked >= 7);
    cJSON_Delete(cases);
}

/* ---- identities ---- */

static uint64_t seed = 88172645463325252ULL;

static int64_t draw(int64_t most)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)(most + 1));
}

static struct annuity random_annuity(void)
{
    const int64_t denominator = plan_power_of_ten((int)draw(12));
    return (struct annuity){ .rate = { draw(denominator * (draw(3) ? 1 : PLAN_RATE_MAX) / (draw(1) ? 1 : 30)), denominator },
                             .periods = 1 + (int)draw(draw(1) ? 11 : ANNUITY_PERIODS_MAX - 1), .in_advance = draw(1) };
}

static void assert_close(long double a, long double b, long double size, const char *what, int round)
{
    if (!(fabsl(a - b) <= size * 1e-17L + 1e-17L))
        fail_msg("round %d, %s: %.20Lg and %.20Lg", round, what, a, b);
}

/* Parts add up, balances chain, the last one is the future value; present and future values give the payment back. */
static void parts_and_balances(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        const struct annuity annuity = random_annuity();
        const int64_t present = draw(MONEY_MAX) - draw(MONEY_MAX), future = draw(1) ? 0 : draw(MONEY_MAX) - draw(MONEY_MAX);
        const long double size = 1e3L * MONEY_MAX;
        const long double payment = real_of(annuity_payment(&annuity, present, future));
        const int number = 1 + (int)draw(annuity.periods - 1);
        const long double before = real_of(annuity_balance(&annuity, number - 1, present, future)), after = real_of(annuity_balance(&annuity, number, present, future));
        const long double interest = real_of(annuity_interest(&annuity, number, present, future)), principal = real_of(annuity_principal(&annuity, number, present, future));
        assert_close(interest + principal, payment, size, "parts", round);
        assert_close(before + principal, after, size, "balances", round);
        if (!annuity.in_advance)
            assert_close(real_of(annuity_balance(&annuity, annuity.periods, present, future)), -future, size, "the last balance", round);
    }
}

static void values_invert_each_other(void **state)
{
    (void)state;
    int futures = 0;
    for (int round = 0; round < 500; round++) {
        const struct annuity annuity = random_annuity();
        const int64_t payment = -1 - draw(INT64_C(1000000000)), future = draw(1) ? 0 : draw(INT64_C(1000000000));
        const int64_t present = annuity_round(annuity_present(&annuity, payment, future), ROUND_HALF_EVEN);
        struct annuity_value later;
        if (llabs(present) > MONEY_MAX)
            continue;
        /* Rounding the present value by half a unit moves the payment by no more, and the future value by that much grown. */
        if (!(fabsl(real_of(annuity_payment(&annuity, present, future)) - payment) <= 0.51L * (annuity.in_advance ? 1 : 11)))
            fail_msg("round %d: payment", round);
        if (!annuity_future(&annuity, payment, present, &later))
            continue;
        futures++;
        const long double growth = powl(1 + (long double)annuity.rate.numerator / annuity.rate.denominator, annuity.periods);
        if (!(fabsl(real_of(later) - future) <= 0.51L * growth))
            fail_msg("round %d: future", round);
    }
    assert_true(futures > 50);
}

static void a_rate_of_nothing_is_a_rate(void **state)
{
    (void)state;
    const struct annuity annuity = { .rate = { 0, 1 }, .periods = 7 };
    assert_int_equal(annuity_round(annuity_payment(&annuity, 700, 0), ROUND_HALF_EVEN), -100);
    assert_int_equal(annuity_round(annuity_present(&annuity, -100, 0), ROUND_HALF_EVEN), 700);
    struct annuity_value future;
    assert_true(annuity_future(&annuity, -100, 0, &future));
    assert_int_equal(annuity_round(future, ROUND_HALF_EVEN), 700);
    assert_int_equal(annuity_round(annuity_interest(&annuity, 3, 700, 0), ROUND_UP), 0);
    long double value;
    assert_true(annuity_count(0, &(struct annuity_flows){ .payment = -100, .present = 700 }, &value) && value == 7);
    assert_true(annuity_rate(7, &(struct annuity_flows){ .payment = -100, .present = 700 }, &value) && fabsl(value) < 1e-17L);
}

static void what_outgrows_is_refused(void **state)
{
    (void)state;
    const struct annuity annuity = { .rate = { 10, 1 }, .periods = ANNUITY_PERIODS_MAX };
    struct annuity_value future;
    assert_false(annuity_future(&annuity, -1, 0, &future));
    assert_false(annuity_future(&annuity, 0, -1, &future));
    const struct annuity slow = { .rate = { 1, 10 }, .periods = 100 };   /* 13780 times, and 137796 payments */
    assert_true(annuity_future(&slow, -1000000, -1, &future));
    assert_int_equal(annuity_round(future, ROUND_DOWN), INT64_C(137796137178));
    assert_false(annuity_future(&slow, -MONEY_MAX, 0, &future));
    assert_int_equal(annuity_round(annuity_payment(&annuity, MONEY_MAX, 0), ROUND_HALF_EVEN), -10 * MONEY_MAX);
}

static void rates_are_found_again(void **state)
{
    (void)state;
    static const long double rates[] = { -0.3L, -0.001L, 0.0001L, 0.01L, 0.3L, 5 };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        for (int in_advance = 0; in_advance < 2; in_advance++)
            for (int n = 1; n <= 600; n += n) {
                const long double rate = rates[i], v = powl(1 + rate, -n), sum = (1 - v) / rate * (in_advance ? 1 + rate : 1);
                struct annuity_flows loan = { -1000, 1000 * sum + 230 * v, -230, in_advance }, savings = { -10, 0, 10 * sum / v, in_advance };
                long double found, periods;
                if (n == 1 && in_advance)
                    savings.future = 10 * (1 + rate);
                assert_true(annuity_rate(n, &loan, &found) && fabsl(found - rate) < 1e-13L * (1 + fabsl(rate)));
                assert_true(annuity_rate(n, &savings, &found) || (n == 1 && !in_advance));   /* paid and received back at once: any rate */
                if (v > 1e-6L && v < 1e6L) {   /* beyond, a period more or less hardly shows */
                    assert_true(annuity_count(rate, &loan, &periods) && fabsl(periods - n) < 1e-6L);
                    assert_true(annuity_count(rate, &savings, &periods) && fabsl(periods - n) < 1e-6L);
                }
            }
}

static void returns(void **state)
{
    (void)state;
    long double rate;
    assert_true(annuity_return((const long double[]){ -100, 110 }, 2, &rate) && fabsl(rate - 0.1L) < 1e-17L);
    assert_true(annuity_return((const long double[]){ 0, 100, 0, -121, 0 }, 5, &rate) && fabsl(rate - 0.1L) < 1e-17L);
    assert_true(annuity_return((const long double[]){ -100, 10, 10, 110 }, 4, &rate) && fabsl(rate - 0.1L) < 1e-17L);
    assert_true(annuity_return((const long double[]){ -100, 10, -50, 176 }, 4, &rate));
    assert_true(fabsl(-100 + 10 / (1 + rate) - 50 / powl(1 + rate, 2) + 176 / powl(1 + rate, 3)) < 1e-13L);
    assert_false(annuity_return((const long double[]){ -1000, 2300, -1320 }, 3, &rate));   /* 10 % and 20 % */
    assert_false(annuity_return((const long double[]){ 100, 10, 0 }, 3, &rate));
    assert_false(annuity_return((const long double[]){ 0, 0 }, 2, &rate));
    assert_false(annuity_rate(12, &(struct annuity_flows){ 0, 0, 0, false }, &rate));
    assert_false(annuity_rate(12, &(struct annuity_flows){ 100, 1000, 0, false }, &rate));
    assert_false(annuity_count(0.01L, &(struct annuity_flows){ 0, 0, 0, false }, &rate));
    assert_false(annuity_count(0.5L, &(struct annuity_flows){ -100, 1000, 0, false }, &rate));   /* less than the interest */
}

static void conversions_invert_each_other(void **state)
{
    (void)state;
    static const long double rates[] = { -0.5L, 1e-9L, 0.01L, 0.24L, 3 };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        const long double rate = rates[i], near = 1e-17L * (1 + fabsl(rate));
        assert_true(fabsl(rate_compounded(rate_compounded(rate, 12), 1 / 12.0L) - rate) < 1e-15L * (1 + fabsl(rate)));
        assert_true(fabsl(rate_nominal(rate_effective(rate, 12), 12) - rate) < near);
        assert_true(fabsl(rate_to_continuous(rate_of_continuous(rate)) - rate) < near);
        assert_true(fabsl(rate_of_advance(rate_to_advance(rate)) - rate) < near);
    }
    assert_true(fabsl(rate_compounded(0.2682417945625454L, 1 / 12.0L) - 0.02L) < 1e-16L);
    assert_true(fabsl(rate_of_advance(0.02L) - 0.02L / 0.98L) < 1e-18L);
    assert_true(rate_nominal(0.21L, 2) > 0.2L - 1e-17L && rate_nominal(0.21L, 2) < 0.2L + 1e-17L);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(annuity_vectors),
        cmocka_unit_test(conversion_vectors),
        cmocka_unit_test(parts_and_balances),
        cmocka_unit_test(values_invert_each_other),
        cmocka_unit_test(a_rate_of_nothing_is_a_rate),
        cmocka_unit_test(what_outgrows_is_refused),
        cmocka_unit_test(rates_are_found_again),
        cmocka_unit_test(returns),
        cmocka_unit_test(conversions_invert_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
