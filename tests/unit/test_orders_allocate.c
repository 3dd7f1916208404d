/* Cent allocation and rounding of decimals: every shared vector, and what holds for any amount. */
#include "vectors.h"

#include "orders/allocate.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const char *rounded(const char *value, int decimals, enum decimal_rounding mode)
{
    static char out[128];
    if (!decimal_round(slice_from_text(value), decimals, mode, out, sizeof out))
        fail_msg("%s is refused", value);
    return out;
}

static enum decimal_rounding mode_of(const char *name)
{
    enum decimal_rounding mode = DECIMAL_ROUNDINGS;
    if (!decimal_rounding_parse(slice_from_text(name), &mode))
        fail_msg("no mode %s", name);
    return mode;
}

static void check_integers(const cJSON *c, const cJSON *in, const cJSON *expected)
{
    const cJSON *result = at(expected, "results")->child;
    for (const cJSON *value = at(in, "values")->child; value; value = value->next, result = result->next) {
        char text[24];
        snprintf(text, sizeof text, "%d", result->valueint);
        const char *actual = rounded(value->valuestring, 0, mode_of(text_at(in, "mode")));
        if (!is(actual, text))
            fail_msg("%s: %s gives %s, expected %s", text_at(c, "id"), value->valuestring, actual, text);
    }
}

static void check_decimals(const cJSON *c, const cJSON *in, const cJSON *expected)
{
    for (const cJSON *result = expected->child; result; result = result->next) {
        const char *actual = rounded(text_at(in, "value"), (int)int_at(in, "decimals"), mode_of(result->string));
        if (!is(actual, result->valuestring))
            fail_msg("%s: %s gives %s, expected %s", text_at(c, "id"), result->string, actual, result->valuestring);
    }
}

static void check_parts(const cJSON *c, const cJSON *in, const cJSON *expected)
{
    int64_t ratios[16], parts[16];
    size_t count = 0;
    for (const cJSON *ratio = at(in, "ratios")->child; ratio; ratio = ratio->next)
        ratios[count++] = ratio->valueint;
    assert_true(allocate(int_at(in, "amount_minor"), ratios, count, parts));
    size_t i = 0;
    for (const cJSON *part = at(expected, "parts")->child; part; part = part->next, i++)
        if (parts[i] != part->valueint)
            fail_msg("%s: part %zu is %lld", text_at(c, "id"), i, (long long)parts[i]);
    assert_int_equal(i, count);
}

static void shared_vectors(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("rounding_allocation");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next, checked++) {
        const cJSON *in = at(c, "inputs"), *expected = at(c, "expected");
        const char *operation = text_at(in, "operation");
        if (is(operation, "round_to_integer"))
            check_integers(c, in, expected);
        else if (is(operation, "round_decimals"))
            check_decimals(c, in, expected);
        else if (is(operation, "allocate"))
            check_parts(c, in, expected);
        else
            fail_msg("%s: no operation %s", text_at(c, "id"), operation);
    }
    assert_true(checked >= 13);
    cJSON_Delete(cases);
}

/* The rest of the table of java.math.RoundingMode, and lengths no machine number has. */
static void rounds_digits(void **state)
{
    (void)state;
    static const char *const values[] = { "5.5", "2.5", "1.6", "1.1", "1.0", "-1.0", "-1.1", "-1.6", "-2.5", "-5.5" };
    static const int down[] = { 5, 2, 1, 1, 1, -1, -1, -1, -2, -5 }, half_up[] = { 6, 3, 2, 1, 1, -1, -1, -2, -3, -6 },
                     half_down[] = { 5, 2, 2, 1, 1, -1, -1, -2, -2, -5 };
    for (size_t i = 0; i < COUNT(values); i++) {
        assert_int_equal(atoi(rounded(values[i], 0, DECIMAL_DOWN)), down[i]);
        assert_int_equal(atoi(rounded(values[i], 0, DECIMAL_HALF_UP)), half_up[i]);
        assert_int_equal(atoi(rounded(values[i], 0, DECIMAL_HALF_DOWN)), half_down[i]);
    }
    assert_string_equal(rounded("9.995", 2, DECIMAL_HALF_UP), "10.00");
    assert_string_equal(rounded("-99.5", 0, DECIMAL_HALF_EVEN), "-100");
    assert_string_equal(rounded("0.125", 2, DECIMAL_HALF_EVEN), "0.12");
    assert_string_equal(rounded("0.1250000000000000000000000000000001", 2, DECIMAL_HALF_EVEN), "0.13");
    assert_string_equal(rounded("99999999999999999999999999.99", 1, DECIMAL_UP), "100000000000000000000000000.0");
    assert_string_equal(rounded("-0.004", 2, DECIMAL_HALF_UP), "0.00");
    assert_string_equal(rounded("-0.004", 2, DECIMAL_FLOOR), "-0.01");
    assert_string_equal(rounded("-0.0", 0, DECIMAL_UP), "0");
    assert_string_equal(rounded("7", 3, DECIMAL_DOWN), "7.000");
    assert_string_equal(rounded("007.10", 1, DECIMAL_UP), "7.1");
}

static void refuses_what_is_no_decimal(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "-", ".", "1.", ".5", "+1", "1e3", "1,5", "--1", " 1", "1.5 ", "1.2.3" };
    char out[16];
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(decimal_round(slice_from_text(bad[i]), 0, DECIMAL_UP, out, sizeof out));
    assert_false(decimal_round(SLICE_NONE, 0, DECIMAL_UP, out, sizeof out));
    assert_false(decimal_round(SLICE("1"), -1, DECIMAL_UP, out, sizeof out));
    assert_false(decimal_round(SLICE("123456"), 8, DECIMAL_UP, out, sizeof out));
    assert_true(decimal_round(SLICE("-99999"), 7, DECIMAL_UP, out, sizeof out));
    enum decimal_rounding mode;
    assert_false(decimal_rounding_parse(SLICE("unnecessary"), &mode));
    for (int i = 0; i < DECIMAL_ROUNDINGS; i++)
        assert_true(decimal_rounding_parse(decimal_rounding_name((enum decimal_rounding)i), &mode) && mode == (enum decimal_rounding)i);
}

/* As money_divide rounds the same number. */
static void rounds_as_money_does(void **state)
{
    (void)state;
    for (int digits = -2500; digits <= 2500; digits++) {
        char text[24];
        snprintf(text, sizeof text, "%s%d.%03d", digits < 0 ? "-" : "", abs(digits) / 1000, abs(digits) % 1000);
        for (int mode = ROUND_HALF_EVEN; mode <= ROUND_DOWN; mode++) {
            const char *cents = rounded(text, 2, (enum decimal_rounding)mode);
            struct decimal actual;
            assert_true(decimal_parse(slice_from_text(cents), 2, &actual));
            assert_int_equal(actual.digits, money_divide(digits, 10, (enum rounding)mode));
        }
    }
}

static void allocates(void **state)
{
    (void)state;
    static const struct {
        int64_t amount, ratios[4], parts[4];
        size_t count;
    } examples[] = {
        { 5, { 3, 7 }, { 2, 3 }, 2 },          { 5, { 7, 3 }, { 4, 1 }, 2 },        { 5, { 0, 7, 3 }, { 0, 4, 1 }, 3 },
        { 5, { 7, 0, 3 }, { 4, 0, 1 }, 3 },    { -5, { 7, 3 }, { -3, -2 }, 2 },     { 0, { 0, 0, 1 }, { 0, 0, 0 }, 3 },
        { 100, { 1, 1, 1 }, { 34, 33, 33 }, 3 }, { 2, { 1, 1, 1 }, { 1, 1, 0 }, 3 }, { 15, { 1, 1 }, { 8, 7 }, 2 },
        { INT64_MAX, { INT64_MAX / 2, INT64_MAX / 2 }, { INT64_MAX / 2 + 1, INT64_MAX / 2 }, 2 },
    };
    int64_t parts[4];
    for (size_t i = 0; i < COUNT(examples); i++) {
        assert_true(allocate(examples[i].amount, examples[i].ratios, examples[i].count, parts));
        for (size_t k = 0; k < examples[i].count; k++)
            assert_int_equal(parts[k], examples[i].parts[k]);
    }
    assert_false(allocate(1, (int64_t[]){ 0, 0 }, 2, parts));
    assert_false(allocate(1, (int64_t[]){ 2, -1 }, 2, parts));
    assert_false(allocate(1, (int64_t[]){ INT64_MAX, 1 }, 2, parts));
    assert_false(allocate(1, parts, 0, parts));
}

static void nothing_is_lost(void **state)
{
    (void)state;
    uint64_t random = 0x9e3779b97f4a7c15u;
    for (int i = 0; i < 20000; i++) {
        int64_t ratios[12], parts[12], sum = 0, total = 0;
        random = random * 6364136223846793005u + 1442695040888963407u;
        const size_t count = 1 + random % 12;
        const int64_t amount = (int64_t)(random >> 12) - (INT64_C(1) << 51);
        for (size_t k = 0; k < count; k++)
            sum += ratios[k] = (int64_t)((random >> (k * 4)) % 1000);
        if (!allocate(amount, ratios, count, parts)) {
            assert_int_equal(sum, 0);
            continue;
        }
        for (size_t k = 0; k < count; k++) {
            total += parts[k];
            const __int128 off = (__int128)parts[k] * sum - (__int128)amount * ratios[k];
            assert_true(off > -sum && off <= sum);   /* a part that comes out even may still be among the first */
            assert_true(ratios[k] > 0 || parts[k] == 0);
        }
        assert_true(total == amount);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_vectors), cmocka_unit_test(rounds_digits), cmocka_unit_test(refuses_what_is_no_decimal),
        cmocka_unit_test(rounds_as_money_does), cmocka_unit_test(allocates), cmocka_unit_test(nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
