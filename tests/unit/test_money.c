/* Money: the currency table, the one rounding division against its definition, decimal text. */
#include "check.h"

#include "base/money.h"

static void assert_currency(const char *code, int exponent)
{
    const struct currency *currency = currency_find(slice_from_text(code));
    if (!currency || currency->exponent != exponent || strcmp(currency->code, code) != 0)
        fail_msg("%s", code);
}

static void knows_the_currencies(void **state)
{
    (void)state;
    assert_currency("AED", 2);
    assert_currency("ZWG", 2);
    assert_currency("COP", 2);
    assert_currency("USD", 2);
    assert_currency("CLP", 0);
    assert_currency("JPY", 0);
    assert_currency("KWD", 3);
    assert_currency("CLF", 4);
    assert_currency("VES", 2);
    static const char *const unknown[] = { "", "XXX", "XTS", "XAU", "BGN", "HRK", "VEF", "cop", "CO", "COPX", "US$", "AAA", "ZZZ" };
    for (size_t i = 0; i < TABLE_COUNT(unknown); i++)
        assert_null(currency_find(slice_from_text(unknown[i])));
    size_t count = 0;
    char code[4] = "AAA";
    for (code[0] = 'A'; code[0] <= 'Z'; code[0]++)
        for (code[1] = 'A'; code[1] <= 'Z'; code[1]++)
            for (code[2] = 'A'; code[2] <= 'Z'; code[2]++)
                count += currency_find(slice_from_text(code)) != NULL;
    assert_int_equal(count, 165);   /* all of them found: the table is sorted */
}

/* The definition, with doubled integers instead of fractions. */
static int64_t divide_slowly(int64_t n, int64_t d, enum rounding rounding)
{
    int64_t size = n < 0 ? -n : n, floor = size / d, twice = 2 * (size - floor * d);
    bool exact = twice == 0, up;
    switch (rounding) {
    case ROUND_UP: up = !exact; break;
    case ROUND_DOWN: up = false; break;
    case ROUND_HALF_UP: up = twice >= d; break;
    case ROUND_HALF_DOWN: up = twice > d; break;
    default: up = twice > d || (twice == d && floor % 2 == 1);
    }
    return (floor + up) * (n < 0 ? -1 : 1);
}

static void division_rounds_by_its_definition(void **state)
{
    (void)state;
    for (int64_t n = -200; n <= 200; n++)
        for (int64_t d = 1; d <= 50; d++)
            for (int r = ROUND_HALF_EVEN; r <= ROUND_DOWN; r++)
                if (money_divide(n, d, (enum rounding)r) != divide_slowly(n, d, (enum rounding)r))
                    fail_msg("%d / %d, rounding %d", (int)n, (int)d, r);
}

static void division_is_wide(void **state)
{
    (void)state;
    __int128 big = (__int128)MONEY_MAX * 1000000007;
    assert_int_equal(money_divide(big, 1000000007, ROUND_HALF_EVEN), MONEY_MAX);
    __int128 largest = (((__int128)1 << 126) - 1) * 2 + 1;
    assert_int_equal(money_divide(largest, largest, ROUND_HALF_UP), 1);
    assert_int_equal(money_divide(largest / 2 + 1, largest, ROUND_HALF_UP), 1);
    assert_int_equal(money_divide(largest / 2, largest, ROUND_HALF_UP), 0);
    assert_int_equal(money_divide(-largest, largest, ROUND_UP), -1);
}

static void divide_by_zero(void)
{
    money_divide(1, 0, ROUND_UP);
}

static void divide_too_large(void)
{
    money_divide((__int128)INT64_MAX + 1, 1, ROUND_UP);
}

static void impossible_divisions_abort(void **state)
{
    (void)state;
    assert_aborts(divide_by_zero);
    assert_aborts(divide_too_large);
}

static void sums_stay_in_bounds(void **state)
{
    (void)state;
    int64_t out = 7;
    assert_true(money_add(MONEY_MAX - 1, 1, &out));
    assert_int_equal(out, MONEY_MAX);
    assert_false(money_add(MONEY_MAX, 1, &out));
    assert_false(money_add(-MONEY_MAX, -1, &out));
    assert_false(money_add(INT64_MAX, 1, &out));
    assert_true(money_add(5, -9, &out));
    assert_int_equal(out, -4);
    assert_true(money_multiply(129900, 1000, &out));
    assert_int_equal(out, 129900000);
    assert_false(money_multiply(MONEY_MAX, 2, &out));
    assert_false(money_multiply(INT64_MIN, -1, &out));
    assert_true(money_multiply(-3, 4, &out));
    assert_int_equal(out, -12);
}

static void reads_decimals(void **state)
{
    (void)state;
    static const struct { const char *text; int max, scale; int64_t digits; } good[] = {
        { "0", 4, 0, 0 }, { "0.0199", 4, 4, 199 }, { "-12.5", 4, 1, -125 }, { "1.50", 2, 2, 150 }, { "-0", 0, 0, 0 }, { "10", 0, 0, 10 },
        { "999999999999999999", 0, 0, 999999999999999999 }, { "0.12345678901234567", 18, 17, 12345678901234567 },
    };
    static const char *const bad[] = { "", "-", ".", "1.", ".5", "01", "00", "1.00000", "+1", "1e5", "1,5", " 1", "1 ", "--1", "1.2.3",
                                       "0x1", "1.-2",
                                       "1000000000000000000", "NaN", "inf", "\xd9\xa1" };
    struct decimal decimal;
    for (size_t i = 0; i < TABLE_COUNT(good); i++)
        if (!decimal_parse(slice_from_text(good[i].text), good[i].max, &decimal) || decimal.digits != good[i].digits
            || decimal.scale != good[i].scale)
            fail_msg("%s", good[i].text);
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (decimal_parse(slice_from_text(bad[i]), 4, &decimal))
            fail_msg("accepted %s", bad[i]);
}

static void reads_amounts_in_major_units(void **state)
{
    (void)state;
    static const struct { const char *text, *code; bool ok; int64_t amount; } table[] = {
        { "130.98", "USD", true, 13098 }, { "130.9", "USD", true, 13090 }, { "130", "USD", true, 13000 }, { "130.980", "USD", true, 13098 },
        { "130.985", "USD", false, 0 }, { "1500", "CLP", true, 1500 }, { "1500.00", "CLP", true, 1500 }, { "1500.5", "CLP", false, 0 },
        { "1.234", "KWD", true, 1234 }, { "-0.01", "USD", true, -1 }, { "90071992547409.91", "USD", true, MONEY_MAX },
        { "90071992547409.92", "USD", false, 0 }, { "999999999999999999", "KWD", false, 0 }, { "1,000.00", "USD", false, 0 },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        int64_t amount = 0;
        bool ok = money_parse_major(slice_from_text(table[i].text), currency_find(slice_from_text(table[i].code)), &amount);
        if (ok != table[i].ok || (ok && amount != table[i].amount))
            fail_msg("%s %s -> %d %lld", table[i].text, table[i].code, ok, (long long)amount);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_currencies), cmocka_unit_test(division_rounds_by_its_definition), cmocka_unit_test(division_is_wide),
        cmocka_unit_test(impossible_divisions_abort), cmocka_unit_test(sums_stay_in_bounds), cmocka_unit_test(reads_decimals),
        cmocka_unit_test(reads_amounts_in_major_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
