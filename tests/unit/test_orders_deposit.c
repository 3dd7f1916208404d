/* Deposits of lines with rules of their own: examples with their arithmetic, and what holds for thousands of random purchases. */
#include "plan_check.h"

#include "orders/deposit.h"

#define LINES_MAX 12

static uint64_t seed = 0x9e3779b97f4a7c15;

static int64_t between(int64_t lowest, int64_t highest)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return lowest + (int64_t)(seed % (uint64_t)(highest - lowest + 1));
}

static const struct plan_rounding cents = { .mode = ROUND_HALF_EVEN, .unit = 1 }, pesos = { .mode = ROUND_HALF_UP, .unit = 100 };

static struct plan_deposit percent(int64_t digits, int scale)
{
    return (struct plan_deposit){ .type = PLAN_DEPOSIT_PERCENT, .share = { digits, scale } };
}

static struct plan_deposit fixed(int64_t amount)
{
    return (struct plan_deposit){ .type = PLAN_DEPOSIT_FIXED, .amount = amount };
}

/* A fridge with 30 %, a warranty of 5,000 each, and a toaster under the plan's 10 %. */
static void rules_of_three_kinds(void **state)
{
    (void)state;
    struct deposit_line lines[] = {
        { .total = 100001, .quantity = 1, .source = DEPOSIT_OF_PRODUCT, .rule = percent(30, 2) },
        { .total = 40000, .quantity = 2, .source = DEPOSIT_OF_CATEGORY, .rule = fixed(5000) },
        { .total = 25005, .quantity = 1 },
    };
    const struct plan_deposit plan = percent(1, 1);
    assert_int_equal(deposit_of_lines(lines, 3, &plan, &cents), 30000 + 10000 + 2501);   /* 30000.3 + 2500.5 = 32500.8 */
    assert_int_equal(lines[0].deposit, 30000);
    assert_int_equal(lines[1].deposit, 10000);
    assert_int_equal(lines[2].deposit, 2501);
}

/* Rounded one by one, three times 0.5 would be 0 each (half to even) or 3 together; once, 1.5 is 2. */
static void shares_are_rounded_once(void **state)
{
    (void)state;
    struct deposit_line lines[3] = { { .total = 5, .quantity = 1 }, { .total = 5, .quantity = 1 }, { .total = 5, .quantity = 1 } };
    const struct plan_deposit plan = percent(1, 1);
    assert_int_equal(deposit_of_lines(lines, 3, &plan, &cents), 2);
}

static void a_fixed_amount_is_never_more_than_what_it_is_for(void **state)
{
    (void)state;
    struct deposit_line lines[2] = { { .total = 3000, .quantity = 3, .source = DEPOSIT_OF_PRODUCT, .rule = fixed(MONEY_MAX) }, { .total = 700, .quantity = 1 } };
    const struct plan_deposit plan = fixed(1000);
    assert_int_equal(deposit_of_lines(lines, 2, &plan, &pesos), 3700);
    lines[0].rule = fixed(1000);
    assert_int_equal(deposit_of_lines(lines, 2, &plan, &pesos), 3700);
    lines[0].rule = fixed(999);
    assert_int_equal(deposit_of_lines(lines, 2, &plan, &pesos), 2997 + 700);
}

static void a_fixed_amount_of_the_plan_is_spread_by_cost(void **state)
{
    (void)state;
    struct deposit_line lines[3] = { { .total = 100, .quantity = 1 }, { .total = 100, .quantity = 1 }, { .total = 101, .quantity = 1 } };
    const struct plan_deposit plan = fixed(100), none = { 0 };
    assert_int_equal(deposit_of_lines(lines, 3, &plan, &cents), 100);
    assert_int_equal(lines[0].deposit, 33);
    assert_int_equal(lines[1].deposit, 33);
    assert_int_equal(lines[2].deposit, 34);
    assert_int_equal(deposit_of_lines(lines, 3, &none, &cents), 0);
    assert_int_equal(lines[2].deposit, 0);
    struct deposit_line free_of_charge[1] = { { .total = 0, .quantity = 1 } };
    assert_int_equal(deposit_of_lines(free_of_charge, 1, &plan, &cents), 0);
}

static struct plan_deposit random_rule(void)
{
    const int scale = (int)between(0, PLAN_RATE_SCALE_MAX);
    switch (between(0, 3)) {
    case 0: return (struct plan_deposit){ 0 };
    case 1: return fixed(between(0, INT64_C(1) << between(1, 50)));
    default: return percent(between(0, plan_power_of_ten(scale)), scale);
    }
}

/* The exact sum of the shares, in 10^-10. */
static __int128 shares_of(const struct deposit_line *lines, size_t count)
{
    __int128 sum = 0;
    for (size_t i = 0; i < count; i++)
        if (lines[i].rule.type == PLAN_DEPOSIT_PERCENT)
            sum += (__int128)lines[i].total * lines[i].rule.share.digits * plan_power_of_ten(PLAN_RATE_SCALE_MAX - lines[i].rule.share.scale);
    return sum;
}

static void check_parts(const struct deposit_line *lines, size_t count, int64_t deposit, const struct plan_rounding *rounding)
{
    int64_t sum = 0, fixed_sum = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(lines[i].deposit >= 0);
        if (lines[i].rule.type != PLAN_DEPOSIT_PERCENT)
            assert_true(lines[i].deposit <= lines[i].total);
        else
            assert_int_equal(lines[i].deposit % rounding->unit, 0);
        sum += lines[i].deposit;
        fixed_sum += lines[i].rule.type == PLAN_DEPOSIT_FIXED ? lines[i].deposit : 0;
    }
    assert_int_equal(sum, deposit);
    const __int128 off = shares_of(lines, count) - (__int128)(deposit - fixed_sum) * plan_power_of_ten(PLAN_RATE_SCALE_MAX);
    const __int128 unit = (__int128)rounding->unit * plan_power_of_ten(PLAN_RATE_SCALE_MAX);
    assert_true(off < unit && -off < unit);   /* one rounding, whatever the number of lines */
}

static void random_purchases(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct deposit_line lines[LINES_MAX], backwards[LINES_MAX];
        const size_t count = (size_t)between(1, LINES_MAX);
        const struct plan_deposit plan = random_rule();
        const struct plan_rounding rounding = { .mode = (enum rounding)between(0, ROUND_DOWN), .unit = plan_power_of_ten((int)between(0, 4)) };
        for (size_t i = 0; i < count; i++) {
            lines[i] = (struct deposit_line){ .quantity = between(1, 999), .source = (enum deposit_source)between(0, 2), .rule = random_rule() };
            lines[i].total = lines[i].quantity * between(0, INT64_C(1) << between(0, 39));
            backwards[count - 1 - i] = lines[i];
        }
        const int64_t deposit = deposit_of_lines(lines, count, &plan, &rounding);
        check_parts(lines, count, deposit, &rounding);
        assert_int_equal(deposit_of_lines(backwards, count, &plan, &rounding), deposit);   /* the order of the lines is no matter */
    }
}

/* Without rules of their own lines have the deposit that the engine takes of their sum. */
static void as_the_engine_does(void **state)
{
    (void)state;
    static struct plan_row rows[PLAN_INSTALLMENTS_MAX];
    for (int round = 0; round < 5000; round++) {
        struct deposit_line lines[LINES_MAX] = { 0 };
        struct plan_schedule schedule;
        const size_t count = (size_t)between(1, LINES_MAX);
        struct plan_terms terms = terms_of(0, 0, 3);
        terms.method = PLAN_INTEREST_FREE;
        terms.rounding = (struct plan_rounding){ .mode = (enum rounding)between(0, ROUND_DOWN), .unit = plan_power_of_ten((int)between(0, 2)) };
        terms.deposit = percent(between(0, 9000), 4);
        for (size_t i = 0; i < count; i++) {
            lines[i] = (struct deposit_line){ .total = between(10000, 10000000), .quantity = 1 };
            terms.principal += lines[i].total;
        }
        build(&terms, &schedule, rows);
        assert_int_equal(deposit_of_lines(lines, count, &terms.deposit, &terms.rounding), schedule.deposit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_three_kinds), cmocka_unit_test(shares_are_rounded_once), cmocka_unit_test(a_fixed_amount_is_never_more_than_what_it_is_for),
        cmocka_unit_test(a_fixed_amount_of_the_plan_is_spread_by_cost), cmocka_unit_test(random_purchases), cmocka_unit_test(as_the_engine_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
