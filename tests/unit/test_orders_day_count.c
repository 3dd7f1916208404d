/* Day counts: every shared vector, more of the worked examples they are taken from, and what holds for any dates. */
#include "vectors.h"

#include "orders/day_count.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct day_fraction measured(enum day_count convention, int32_t from, int32_t to)
{
    struct day_fraction out = { 0 };
    assert_true(day_count_measure(convention, from, to, NULL, &out));
    return out;
}

static uint64_t state_of_random = 88172645463325252u;

/* A date in 1990..2100. */
static int32_t random_date(void)
{
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 7;
    state_of_random ^= state_of_random << 17;
    return day(1990, 1, 1) + (int32_t)(state_of_random % 40177);
}

static void check_fraction(const cJSON *c, struct day_fraction actual, const char *expected)
{
    char *rest;
    const long long numerator = strtoll(expected, &rest, 10);
    assert_int_equal(*rest, '/');
    const long long denominator = strtoll(rest + 1, &rest, 10);
    assert_int_equal(*rest, '\0');
    if ((__int128)numerator * actual.denominator != (__int128)actual.numerator * denominator)
        fail_msg("%s: %lld/%lld, expected %s", text_at(c, "id"), (long long)actual.numerator, (long long)actual.denominator, expected);
}

/* Published with 12 decimals. */
static void check_years(const cJSON *c, long double actual, long double expected)
{
    if (!(actual - expected < 1e-12L && expected - actual < 1e-12L))
        fail_msg("%s: %.13Lf, expected %.12Lf", text_at(c, "id"), actual, expected);
}

static void shared_vectors(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("daycount");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next, checked++) {
        const cJSON *in = at(c, "inputs"), *expected = at(c, "expected");
        enum day_count convention;
        if (!day_count_parse(slice_from_text(text_at(in, "convention")), &convention))
            fail_msg("%s: no convention %s", text_at(c, "id"), text_at(in, "convention"));
        struct day_count_context context = { 0 };
        if ((context.has_reference = at(in, "reference_start") != NULL)) {
            context.reference_start = date_at(in, "reference_start");
            context.reference_end = date_at(in, "reference_end");
        }
        if ((context.has_termination = at(in, "termination_date") != NULL))
            context.termination = date_at(in, "termination_date");
        struct day_fraction actual;
        if (!day_count_measure(convention, date_at(in, "start"), date_at(in, "end"), &context, &actual))
            fail_msg("%s: refused", text_at(c, "id"));
        if (at(expected, "days") && actual.days != int_at(expected, "days"))
            fail_msg("%s: %d days, expected %d", text_at(c, "id"), actual.days, (int)int_at(expected, "days"));
        if (at(expected, "fraction"))
            check_fraction(c, actual, text_at(expected, "fraction"));
        else
            check_years(c, (long double)actual.numerator / (long double)actual.denominator, real_at(expected, "year_fraction"));
    }
    assert_true(checked >= 99);
    cJSON_Delete(cases);
}

struct example {
    enum day_count convention;
    int from[3], to[3], reference_start[3], reference_end[3];
    int per_year;
    long numerator, denominator;
};

/* The rest of "The actual/actual day count fraction" (EMU and market conventions, 1999) as QuantLib's test suite has it, and its examples of
 * ICMA periods at month ends; OpenGamma Strata's table for an end on the 31st. */
static const struct example examples[] = {
    { DAY_COUNT_ACT_ACT_ICMA, { 1999, 2, 1 }, { 1999, 7, 1 }, { 1998, 7, 1 }, { 1999, 7, 1 }, 0, 150, 365 },
    { DAY_COUNT_ACT_ACT_ICMA, { 2002, 8, 15 }, { 2003, 7, 15 }, { 2003, 1, 15 }, { 2003, 7, 15 }, 0, 2 * 153 + 2 * 184, 4 * 184 },
    { DAY_COUNT_ACT_ACT_ICMA, { 2003, 7, 15 }, { 2004, 1, 15 }, { 2003, 7, 15 }, { 2004, 1, 15 }, 0, 1, 2 },
    { DAY_COUNT_ACT_ACT_ICMA, { 1999, 7, 30 }, { 2000, 1, 30 }, { 1999, 7, 30 }, { 2000, 1, 30 }, 2, 1, 2 },
    { DAY_COUNT_ACT_ACT_ICMA, { 1999, 11, 30 }, { 2000, 4, 30 }, { 1999, 8, 31 }, { 1999, 11, 30 }, 4, 92 + 61, 4 * 92 },
    { DAY_COUNT_ACT_ACT_ISDA, { 1999, 7, 1 }, { 2000, 7, 1 }, { 0 }, { 0 }, 0, 184 * 366 + 182 * 365, 133590 },
    { DAY_COUNT_ACT_ACT_ISDA, { 2002, 8, 15 }, { 2003, 7, 15 }, { 0 }, { 0 }, 0, 334, 365 },
    { DAY_COUNT_ACT_ACT_AFB, { 1999, 7, 1 }, { 2000, 7, 1 }, { 0 }, { 0 }, 0, 1, 1 },
    { DAY_COUNT_ACT_ACT_AFB, { 2003, 7, 15 }, { 2004, 1, 15 }, { 0 }, { 0 }, 0, 184, 365 },
    { DAY_COUNT_ACT_ACT_AFB, { 1999, 7, 30 }, { 2000, 1, 30 }, { 0 }, { 0 }, 0, 184, 365 },
    { DAY_COUNT_ACT_ACT_AFB, { 2000, 1, 30 }, { 2000, 6, 30 }, { 0 }, { 0 }, 0, 152, 366 },
    { DAY_COUNT_30E_PLUS_360, { 2012, 5, 29 }, { 2013, 8, 31 }, { 0 }, { 0 }, 0, 452, 360 },
    { DAY_COUNT_30E_PLUS_360, { 2012, 5, 31 }, { 2013, 8, 31 }, { 0 }, { 0 }, 0, 451, 360 },
    /* Regular periods of days: 14 of a fortnightly plan are 13 fortnights and 26 of them a year. */
    { DAY_COUNT_ACT_ACT_ICMA, { 2026, 1, 1 }, { 2026, 1, 15 }, { 0 }, { 0 }, 26, 1, 26 },
    { DAY_COUNT_ACT_ACT_ICMA, { 2026, 1, 8 }, { 2026, 2, 12 }, { 2026, 1, 1 }, { 2026, 1, 15 }, 26, 35, 26 * 14 },
};

static int32_t date_of(const int parts[3])
{
    return day(parts[0], parts[1], parts[2]);
}

static void published_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        const struct example *e = &examples[i];
        struct day_count_context context = { .has_reference = e->reference_start[0] != 0, .periods_per_year = e->per_year };
        if (context.has_reference) {
            context.reference_start = date_of(e->reference_start);
            context.reference_end = date_of(e->reference_end);
        }
        struct day_fraction f;
        assert_true(day_count_measure(e->convention, date_of(e->from), date_of(e->to), &context, &f));
        if (f.numerator * e->denominator != e->numerator * f.denominator)
            fail_msg("example %zu: %lld/%lld, expected %ld/%ld", i, (long long)f.numerator, (long long)f.denominator, e->numerator, e->denominator);
    }
}

static bool adds_up(enum day_count convention)
{
    return convention == DAY_COUNT_30E_360 || convention == DAY_COUNT_30_365 ||
           (convention >= DAY_COUNT_ACT_360 && convention <= DAY_COUNT_ACT_ACT_ISDA);
}

static void adjoining_intervals_add_up(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        int32_t a = random_date(), c = random_date();
        if (a > c) {
            const int32_t other = a;
            a = c;
            c = other;
        }
        const int32_t b = a + (c - a) / 3;
        for (int convention = 0; convention < DAY_COUNTS; convention++) {
            if (!adds_up((enum day_count)convention))
                continue;
            const struct day_fraction ab = measured((enum day_count)convention, a, b), bc = measured((enum day_count)convention, b, c),
                                      ac = measured((enum day_count)convention, a, c);
            assert_int_equal(ab.denominator, ac.denominator);
            assert_int_equal(bc.denominator, ac.denominator);
            assert_int_equal(ab.numerator + bc.numerator, ac.numerator);
            assert_int_equal(ab.days + bc.days, ac.days);
        }
    }
}

static bool leap(int year)
{
    return date_days_in_month(year, 2) == 29;
}

/* Against counting day by day. */
static void isda_and_no_leap_count_each_day(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        const int32_t from = random_date(), to = from + (int32_t)(state_of_random % 3000);
        int64_t isda = 0, no_leap = 0;
        for (int32_t d = from; d < to; d++) {
            const struct civil next = date_to_civil(d + 1);
            isda += leap(date_to_civil(d).year) ? 365 : 366;
            no_leap += !(next.month == 2 && next.day == 29);
        }
        assert_int_equal(measured(DAY_COUNT_ACT_ACT_ISDA, from, to).numerator, isda);
        assert_int_equal(measured(DAY_COUNT_NL_365, from, to).days, no_leap);
    }
}

static void regular_periods_are_whole_parts_of_a_year(void **state)
{
    (void)state;
    static const int per_year[] = { 1, 2, 3, 4, 6, 12 };
    for (int i = 0; i < 3000; i++) {
        const int periods = per_year[state_of_random % COUNT(per_year)], months = 12 / periods;
        const int32_t start = random_date(), end = date_add_months(start, months, 31);
        const struct day_count_context context = { .has_reference = true, .reference_start = date_add_months(start, 0, 31), .reference_end = end,
                                                   .periods_per_year = periods };
        for (int k = -30; k <= 30; k++) {
            struct day_fraction f;
            const int32_t from = date_add_months(start, k * months, 31), to = date_add_months(start, (k + 3) * months, 31);
            assert_true(day_count_measure(DAY_COUNT_ACT_ACT_ICMA, from, to, &context, &f));
            assert_int_equal(f.numerator * periods, 3 * f.denominator);
        }
    }
}

static void icma_adds_up_over_periods_of_different_lengths(void **state)
{
    (void)state;
    const struct day_count_context context = { .has_reference = true, .reference_start = day(2026, 1, 31), .reference_end = day(2026, 4, 30) };
    for (int i = 0; i < 5000; i++) {
        const int32_t a = random_date(), b = a + (int32_t)(state_of_random % 500), c = b + (int32_t)(state_of_random % 333);
        struct day_fraction ab, bc, ac;
        assert_true(day_count_measure(DAY_COUNT_ACT_ACT_ICMA, a, b, &context, &ab));
        assert_true(day_count_measure(DAY_COUNT_ACT_ACT_ICMA, b, c, &context, &bc));
        assert_true(day_count_measure(DAY_COUNT_ACT_ACT_ICMA, a, c, &context, &ac));
        const __int128 sum = (__int128)ab.numerator * bc.denominator + (__int128)bc.numerator * ab.denominator;
        assert_true(sum * ac.denominator == (__int128)ac.numerator * ab.denominator * bc.denominator);
    }
}

static void nothing_goes_backwards(void **state)
{
    (void)state;
    struct day_fraction f = { .days = 7 };
    for (int convention = 0; convention < DAY_COUNTS; convention++) {
        assert_false(day_count_measure((enum day_count)convention, day(2026, 3, 2), day(2026, 3, 1), NULL, &f));
        assert_int_equal(f.days, 7);
        for (int32_t d = day(2024, 2, 27); d < day(2028, 3, 3); d++) {
            const struct day_count_context context = { .has_termination = true, .termination = d };
            struct day_fraction none;
            assert_true(day_count_measure((enum day_count)convention, d, d, &context, &none));
            assert_int_equal(none.days, 0);
            assert_int_equal(none.numerator, 0);
            assert_true(none.denominator > 0);
            if (convention != DAY_COUNT_ACT_ACT_ICMA)
                assert_true(measured((enum day_count)convention, d, d + 1).numerator >= 0);
        }
    }
}

static void icma_wants_a_period(void **state)
{
    (void)state;
    struct day_fraction f;
    struct day_count_context context = { 0 };
    /* Five months are no part of a year; a stated number of periods decides. */
    assert_false(day_count_measure(DAY_COUNT_ACT_ACT_ICMA, day(2026, 1, 1), day(2026, 6, 1), &context, &f));
    assert_false(day_count_measure(DAY_COUNT_ACT_ACT_ICMA, day(2026, 1, 1), day(2026, 1, 20), NULL, &f));
    context.periods_per_year = 12;
    assert_true(day_count_measure(DAY_COUNT_ACT_ACT_ICMA, day(2026, 1, 1), day(2026, 2, 1), &context, &f));
    assert_int_equal(f.numerator * 12, f.denominator);
    context = (struct day_count_context){ .has_reference = true, .reference_start = day(2026, 1, 1), .reference_end = day(2026, 1, 1) };
    assert_false(day_count_measure(DAY_COUNT_ACT_ACT_ICMA, day(2026, 1, 1), day(2026, 2, 1), &context, &f));
}

static void names(void **state)
{
    (void)state;
    enum day_count found;
    for (int i = 0; i < DAY_COUNTS; i++) {
        assert_true(day_count_parse(day_count_name((enum day_count)i), &found));
        assert_int_equal(found, i);
        if (!slice_is_none(day_count_plan_name((enum day_count)i))) {
            assert_true(day_count_parse(day_count_plan_name((enum day_count)i), &found));
            assert_int_equal(found, i);
        }
    }
    assert_true(day_count_parse(SLICE("30/360"), &found) && found == DAY_COUNT_30_360_BOND);
    assert_true(day_count_parse(SLICE("actual/actual"), &found) && found == DAY_COUNT_ACT_ACT_ISDA);
    assert_true(day_count_parse(SLICE("actual/365"), &found) && found == DAY_COUNT_ACT_365F);
    assert_false(day_count_parse(SLICE("act/act"), &found));
    assert_false(day_count_parse(SLICE(""), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_vectors), cmocka_unit_test(published_examples), cmocka_unit_test(adjoining_intervals_add_up),
        cmocka_unit_test(isda_and_no_leap_count_each_day), cmocka_unit_test(regular_periods_are_whole_parts_of_a_year),
        cmocka_unit_test(icma_adds_up_over_periods_of_different_lengths), cmocka_unit_test(nothing_goes_backwards),
        cmocka_unit_test(icma_wants_a_period), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
