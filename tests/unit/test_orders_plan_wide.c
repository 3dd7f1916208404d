/* The 256-bit fixed point against numbers computed by hand or by identities. */
#include "plan_check.h"

#include "orders/plan_factor.h"
#include "orders/plan_wide.h"

static void integers_scale_and_divide(void **state)
{
    (void)state;
    uint64_t quotient;
    struct wide remainder;
    assert_true(wide_divide(wide_scale(wide_from_int(1000), 7, 1), wide_from_int(9), &quotient, &remainder));
    assert_int_equal(quotient, 777);
    assert_int_equal(remainder.limb[3], 7);
    assert_int_equal(remainder.limb[0] | remainder.limb[1] | remainder.limb[2], 0);
}

static void a_third_has_192_binary_places(void **state)
{
    (void)state;
    const struct wide third = wide_scale(wide_from_int(1), 1, 3);
    assert_int_equal(third.limb[3], 0);
    for (int i = 0; i < 3; i++)
        assert_true(third.limb[i] == UINT64_C(0x5555555555555555));
}

static void division_needs_its_corrections(void **state)
{
    (void)state;
    /* Divisors just above a power of two make the first guess of the quotient too large. */
    const struct wide divisor = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, 1 } };
    for (uint64_t value = 1; value < UINT64_C(1) << 62; value = value * 3 + 1) {
        uint64_t quotient;
        struct wide rest;
        assert_true(wide_divide(wide_from_int(value), divisor, &quotient, &rest));
        assert_true(quotient == (value == 1 ? 0 : value / 2)); /* the divisor is 2^-192 below 2 */
    }
}

static void quotients_without_room_are_refused(void **state)
{
    (void)state;
    const struct wide tiny = { { 1, 0, 0, 0 } };
    uint64_t quotient;
    assert_false(wide_divide(wide_from_int(1), tiny, &quotient, NULL));
}

/* quotient x divisor + remainder gives the dividend back, for pseudo-random operands of every size. */
static void division_can_be_undone(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252ULL;
    for (int round = 0; round < 20000; round++) {
        struct wide a, d;
        for (int i = 0; i < 4; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            a.limb[i] = seed;
            d.limb[i] = seed * UINT64_C(0x9E3779B97F4A7C15);
        }
        d.limb[3] >>= round % 64;
        if (round % 3 == 0)
            a.limb[3] = 0;
        uint64_t quotient;
        struct wide rest;
        if (!wide_divide(a, d, &quotient, &rest))
            continue;
        struct wide back = quotient ? wide_scale(d, quotient, 1) : wide_from_int(0);
        unsigned __int128 carry = 0;
        for (int i = 0; i < 4; i++) {
            carry += (unsigned __int128)back.limb[i] + rest.limb[i];
            assert_true((uint64_t)carry == a.limb[i]);
            carry >>= 64;
        }
        assert_true(carry == 0);
    }
}

static void products_compare(void **state)
{
    (void)state;
    const struct wide half = wide_scale(wide_from_int(1), 1, 2);
    assert_true(wide_product_at_most(half, 4, 2));
    assert_false(wide_product_at_most(half, 5, 2));
    const struct wide third = wide_scale(wide_from_int(1), 1, 3);
    assert_true(wide_product_at_most(third, 3, 1));
    assert_false(wide_product_at_most(wide_from_int(UINT64_MAX), 2, 1));
    assert_true(wide_ratio_at_most(wide_from_int(UINT64_MAX), 3, wide_from_int(UINT64_MAX), 3));
    assert_true(wide_ratio_at_most(third, 2, third, 3));
    assert_false(wide_ratio_at_most(wide_from_int(7), 3, wide_from_int(10), 2));
}

/* Ties of the level payment are seen although the factor is truncated: 5 at 50 % a period in two payments is 4.5 exactly. */
static void exact_ties_follow_the_mode(void **state)
{
    (void)state;
    struct plan_row rows[2] = { { .rate = { 1, 2 } }, { .rate = { 1, 2 } } };
    const struct plan_factor factor = plan_factor_of(rows, 2, 0, 15, 0);
    assert_false(rows[0].rests);
    static const struct { enum rounding mode; int64_t five, fifteen; } expected[] = {
        { ROUND_HALF_EVEN, 4, 14 }, { ROUND_HALF_UP, 5, 14 }, { ROUND_HALF_DOWN, 4, 13 }, { ROUND_UP, 5, 14 }, { ROUND_DOWN, 4, 13 } };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct plan_rounding rounding = { .mode = expected[i].mode, .unit = 1 };
        int64_t payment;
        assert_true(plan_factor_payment(&factor, wide_from_int(5), &rounding, &payment));
        assert_int_equal(payment, expected[i].five);
        assert_true(plan_factor_payment(&factor, wide_from_int(15), &rounding, &payment)); /* 13.5 */
        assert_int_equal(payment, expected[i].fifteen);
        assert_true(plan_factor_payment(&factor, wide_from_int(10), &rounding, &payment)); /* 9 exactly: no mode moves it */
        assert_int_equal(payment, 9);
    }
}

/* Periods of one rate have a formula of their own: it gives what one by one gives, which a rate written in another way is taken by. */
static void one_rate_is_as_good_as_one_by_one(void **state)
{
    (void)state;
    static struct plan_row rows[PLAN_INSTALLMENTS_MAX];
    static const struct plan_rate rates[] = { { 0, 1 }, { 1, 3650000000000 }, { 24, 1200 }, { 7, 52 }, { 10, 1 }, { 100, 1 } };
    static const size_t counts[] = { 1, 2, 12, 359, 600 };
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            for (size_t i = 0; i < counts[c]; i++)
                rows[i].rate = rates[r];
            const struct plan_factor formula = plan_factor_of(rows, counts[c], 0, 1000000, 400000);
            rows[counts[c] - 1].rate = (struct plan_rate){ 2 * rates[r].numerator, 2 * rates[r].denominator };
            const struct plan_factor one_by_one = plan_factor_of(rows, counts[c], 0, 1000000, 400000);
            assert_false(rows[0].rests);
            const struct wide above = wide_subtract(formula.sum, one_by_one.sum), below = wide_subtract(one_by_one.sum, formula.sum);
            assert_int_equal(above.limb[3] | above.limb[2] | above.limb[1] >> 12 | below.limb[3] | below.limb[2] | below.limb[1] >> 12, 0);   /* 2^-116 */
            const struct wide more = wide_subtract(formula.discount, one_by_one.discount), less = wide_subtract(one_by_one.discount, formula.discount);
            assert_int_equal(more.limb[3] | more.limb[2] | more.limb[1] | less.limb[3] | less.limb[2] | less.limb[1], 0);
        }
}

static void powers(void **state)
{
    (void)state;
    assert_int_equal(wide_power(wide_from_int(3), 0).limb[3], 1);
    assert_int_equal(wide_power(wide_from_int(3), 39).limb[3], 4052555153018976267);
    const struct wide eighth = wide_power(wide_scale(wide_from_int(1), 1, 2), 3);
    assert_true(eighth.limb[3] == 0 && eighth.limb[2] == UINT64_C(1) << 61 && eighth.limb[1] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_scale_and_divide),
        cmocka_unit_test(a_third_has_192_binary_places),
        cmocka_unit_test(division_needs_its_corrections),
        cmocka_unit_test(quotients_without_room_are_refused),
        cmocka_unit_test(division_can_be_undone),
        cmocka_unit_test(products_compare),
        cmocka_unit_test(exact_ties_follow_the_mode),
        cmocka_unit_test(powers),
        cmocka_unit_test(one_rate_is_as_good_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
