/* The rates of irregular flows: what no vector holds, identities, anything drawn at random, and what is refused. */
#include "flows_request.h"

/* ---- time ---- */

/* The same dates by exact days (as published) and by whole months (as the directive now says): the note of fsharp-uk-2m. */
static void eu_dates_count_in_the_unit_asked_for(void **state)
{
    (void)state;
    begin(FLOW_EU);
    dated(add(true, 50000, 1), day(2012, 10, 10));
    dated(add(false, 27000, 1), day(2012, 11, 10));
    dated(add(false, 27000, 1), day(2012, 12, 10));
    assert_true(fabsl(apr_of("months") - 0.8559L) < 0.00005L);
    unit_period(1, FLOW_DAY);
    assert_true(fabsl(apr_of("days") - 0.8463L) < 0.00005L);
}

/* Years are counted as years: 400 days before is a year and 35 days, not 13 months and some. */
static void eu_years_are_a_unit(void **state)
{
    (void)state;
    const int32_t to = day(2026, 3, 1);
    assert_true(fabsl(flows_eu_years(FLOW_YEAR, to - 400, to) - (1 + 35.0L / 365)) < 1e-18L);
    assert_true(fabsl(flows_eu_years(FLOW_YEAR, day(2023, 3, 1), to) - 3) < 1e-18L);
    assert_true(fabsl(flows_eu_years(FLOW_YEAR, day(2024, 2, 29), day(2025, 2, 28)) - 1) < 1e-18L);
}

/* Appendix J (b)(5)(v): beside whole years, months over 12 or days over 365; by hand: 1210 = 1000 (1 + i/2)(1 + i) at 13.34 %. */
static void us_years_are_a_unit(void **state)
{
    (void)state;
    begin(FLOW_US);
    unit_period(1, FLOW_YEAR);
    dated(add(true, 100000, 1), day(2024, 1, 15));
    dated(add(false, 121000, 1), day(2025, 7, 15));
    apr_of("months");
    assert_true(series[1].start == 1 && series[1].simple_part == 0.5L);
    dated(&groups[1], day(2025, 7, 20));
    apr_of("days");
    assert_true(series[1].start == 1 && series[1].simple_part == 187.0L / 365);   /* 2024-01-15 to 2024-07-20 */
}

/* Without a date the months of a time have 30 days, with one they are the calendar's. */
static void us_times_without_dates(void **state)
{
    (void)state;
    begin(FLOW_US);
    unit_period(1, FLOW_MONTH);
    after(add(true, 100000, 1), 0, 0);
    after(add(false, 120000, 1), 1, 45);
    apr_of("no date");
    assert_true(series[1].start == 2 && series[1].simple_part == 0.5L);
    groups[0].has_after = false;
    dated(&groups[0], day(2026, 1, 31));
    after(&groups[1], 1, 0);
    apr_of("a date");
    assert_true(series[1].start == 1 && series[1].simple_part == 0);   /* 28 February is a month after 31 January */
}

/* Weekly payments where the unit-period is a month: as if each had been given with its date. */
static void us_steps_of_another_kind_are_counted_one_by_one(void **state)
{
    (void)state;
    char together[PLAN_RATE_TEXT], apart[PLAN_RATE_TEXT];
    for (int one_by_one = 0; one_by_one < 2; one_by_one++) {
        begin(FLOW_US);
        unit_period(1, FLOW_MONTH);
        dated(add(true, 100000, 1), day(2026, 1, 31));
        for (int i = 0; one_by_one && i < 20; i++)
            dated(add(false, 5500, 1), day(2026, 2, 10) + 7 * i);
        if (!one_by_one) {
            struct flow_group *group = add(false, 5500, 20);
            dated(group, day(2026, 2, 10));
            every(group, 1, FLOW_WEEK);
        }
        assert_true(flows_ok(flows_apr(&flows, series, one_by_one ? apart : together)));
    }
    assert_string_equal(together, apart);
    begin(FLOW_US);   /* a month in a unit-period of two, semimonths in one of a month */
    unit_period(2, FLOW_MONTH);
    dated(add(true, 100000, 1), day(2026, 1, 1));
    dated(add(false, 60000, 2), day(2026, 2, 1));
    every(&groups[1], 1, FLOW_MONTH);
    apr_of("months of two");
    assert_true(series[1].start == 0 && series[1].simple_part == 0.5L && series[2].start == 1 && series[2].simple_part == 0);
    unit_period(1, FLOW_MONTH);
    every(&groups[1], 3, FLOW_SEMIMONTH);
    apr_of("semimonths");
    assert_true(series[1].start == 1 && series[2].start == 2 && series[2].simple_part == 0.5L);
}

/* ---- identities ---- */

static void rates_by_hand(void **state)
{
    (void)state;
    begin(FLOW_EU);
    after(add(true, 10000, 1), 0, 0);
    after(add(false, 11000, 1), 12, 0);
    assert_apr(0.1L);
    groups[1].amount = 9000;         /* paid back less */
    assert_apr(-0.1L);
    groups[1].amount = 10000;
    assert_apr(0);
    groups[1].after = (struct flow_after){ .years = 1000 };
    assert_apr(0);
    groups[0].amount = FLOWS_MAX - 1;
    groups[1] = (struct flow_group){ .amount = 1, .count = FLOWS_MAX - 1, .has_after = true, .has_step = true, .step = { FLOW_DAY, 1 } };
    assert_apr(0);                   /* as many flows as there may be */
    groups[1] = (struct flow_group){ .amount = MONEY_MAX, .count = 1, .has_after = true, .after = { .days = 165 } };
    groups[0].amount = 1000000000000;   /* the largest rates that can be stated */
    assert_true(fabsl(apr_of("large") / (powl(9007.199254740991L, 365 / 165.0L) - 1) - 1) < 1e-15L);
}

/* An advance that comes after payments: one rate all the same, when the buyer owes something all the time. */
static void drawdowns_between_payments(void **state)
{
    (void)state;
    begin(FLOW_EU);
    after(add(true, 10000, 1), 0, 0);
    after(add(false, 1000, 1), 12, 0);
    after(add(true, 5000, 1), 12, 0);
    after(add(false, 16500, 1), 24, 0);   /* 10000 x 1.1 - 1000 + 5000 = 15000, x 1.1 */
    assert_apr(0.1L);
}

static struct flow_fault refusal(void)
{
    char apr[PLAN_RATE_TEXT];
    return flows_apr(&flows, series, apr);
}

static void assert_refused(size_t group, const char *member, const char *code, const char *detail)
{
    const struct flow_fault fault = refusal();
    assert_false(flows_ok(fault));
    if (fault.group != group || strcmp(fault.member, member) != 0 || strcmp(fault.code, code) != 0 || !strstr(fault.detail, detail))
        fail_msg("refused %zu %s %s %s", fault.group, fault.member, fault.code, fault.detail);
}

/* 1000 in, 2300 out, 1320 in balances at 10 % and at 20 %; the others at 4 % and 5 %, and at nothing and 0.1 %, closer together than
 * the steps of the search. */
static void several_rates_are_none(void **state)
{
    (void)state;
    static const struct { int64_t in, out, again; } several[] = { { 100000, 230000, 132000 }, { 1000000, 2090000, 1092000 }, { 1000000, 2001000, 1001000 } };
    for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
        begin(FLOW_EU);
        after(add(true, several[i].in, 1), 0, 0);
        after(add(false, several[i].out, 1), 12, 0);
        after(add(true, several[i].again, 1), 24, 0);
        assert_refused(FLOWS_WHOLE, "flows", "range", "several");
    }
    groups[2].amount *= 2;   /* never worth as much */
    assert_refused(FLOWS_WHOLE, "flows", "range", "no annual rate");
}

static void flows_without_a_rate(void **state)
{
    (void)state;
    begin(FLOW_EU);
    after(add(true, 10000, 1), 0, 0);
    assert_refused(FLOWS_WHOLE, "flows", "required", "payment");
    after(add(false, 10000, 1), 0, 0);
    assert_refused(FLOWS_WHOLE, "flows", "range", "no annual rate");      /* no time passes */
    groups[1].amount = 12000;
    assert_refused(FLOWS_WHOLE, "flows", "range", "no annual rate");
    groups[1].after.has_days_in_year = true;
    assert_refused(1, "after/days_in_year", "range", "360");
    groups[1].after.days_in_year = (struct decimal){ 3660001, 4 };
    assert_refused(1, "after/days_in_year", "range", "360");
    groups[1].after.has_days_in_year = false;
    after(add(false, 1, 1), 12, 0);                                       /* all paid, and more, at once */
    assert_refused(FLOWS_WHOLE, "flows", "range", "no annual rate");
    groups[0].advance = false;
    assert_refused(FLOWS_WHOLE, "flows", "required", "advance");
    begin(FLOW_EU);
    after(add(true, 1, 1), 0, 0);
    after(add(false, MONEY_MAX, 1), 0, 1);                                /* a rate of 10^5800 */
    assert_refused(FLOWS_WHOLE, "flows", "range", "no annual rate");
    groups[0].amount = MONEY_MAX;
    groups[1].amount = 1;                                                 /* as good as everything lost */
    assert_refused(FLOWS_WHOLE, "flows", "range", "no annual rate");
    begin(FLOW_US);
    unit_period(1, FLOW_DAY);
    after(add(true, 2999, 1), 0, 3);
    after(add(false, 1000, 2), 0, 3);
    every(&groups[1], 1, FLOW_DAY);
    after(add(false, 999, 1), 0, 3);
    assert_true(apr_of("a day of 1 to 999") == 0);
    groups[1].count = 1;                                                  /* 1999 of 2999 at once, nothing after */
    assert_refused(FLOWS_WHOLE, "flows", "range", "no annual rate");
}

static void flows_that_do_not_fit_together(void **state)
{
    (void)state;
    begin(FLOW_EU);
    dated(add(true, 10000, 1), day(2026, 1, 1));
    dated(add(false, 6000, 2), day(2026, 2, 1));
    assert_refused(1, "every", "required", "");
    every(&groups[1], 1, FLOW_MONTH);
    after(&groups[1], 1, 0);
    assert_refused(1, "after", "unknown_field", "");
    groups[1].has_after = groups[1].has_date = false;
    assert_refused(1, "date", "required", "");
    dated(&groups[1], day(2025, 12, 31));
    assert_refused(1, "date", "range", "before");
    dated(&groups[1], day(1899, 12, 31));
    assert_refused(1, "date", "range", "1900");
    dated(&groups[1], day(2026, 1, 1));
    groups[1].count = FLOWS_MAX;
    assert_refused(1, "count", "range", "10000");
    groups[1].count = 2;
    groups[0].has_date = false;
    after(&groups[0], 0, 0);
    assert_refused(1, "date", "range", "advance with a date");
    groups[1].has_date = false;
    after(&groups[0], 2, 0);
    after(&groups[1], 1, 0);
    assert_refused(1, "after", "range", "before the first advance");
}

static void unit_periods_that_cannot_be(void **state)
{
    (void)state;
    begin(FLOW_US);
    dated(add(true, 10000, 1), day(2026, 1, 1));
    dated(add(false, 6000, 2), day(2026, 2, 1));
    every(&groups[1], 1, FLOW_MONTH);
    assert_refused(FLOWS_WHOLE, "unit_period", "required", "");
    unit_period(13, FLOW_MONTH);
    assert_refused(FLOWS_WHOLE, "unit_period/every", "range", "");
    unit_period(2, FLOW_YEAR);
    assert_refused(FLOWS_WHOLE, "unit_period/every", "range", "");
    unit_period(1, FLOW_WEEK);
    groups[1].count = FLOWS_SERIES_MAX;
    assert_refused(1, "every", "range", "400");
    groups[1].count = 390;
    every(&groups[1], 1000, FLOW_YEAR);
    assert_refused(1, "count", "range", "9000");
    groups[1].count = 2;
    groups[0].has_date = groups[1].has_date = false;
    after(&groups[0], 0, 0);
    after(&groups[1], 0, 30);
    assert_refused(1, "every/unit", "range", "");
    after(&groups[1], 1, 0);
    assert_refused(1, "after", "range", "");
}

/* ---- anything ---- */

static uint64_t seed = 20261122;

static int draw(int most)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (int)(seed % (uint64_t)(most + 1));
}

static void draw_group(bool advance, bool with_date)
{
    static const int64_t sizes[] = { 1, 100, 100000, INT64_C(10000000000), MONEY_MAX };
    struct flow_group *group = add(advance, 1 + (int64_t)(seed % (uint64_t)sizes[draw(4)]), 1 + (draw(2) ? 0 : draw(draw(1) ? 9 : 2000)));
    if (with_date)
        dated(group, day(2026, 1, 1) + (draw(3) ? draw(3000) : draw(200)));
    else {
        group->has_after = true;
        group->after = (struct flow_after){ draw(3) ? 0 : draw(FLOWS_YEARS_MAX), draw(30), draw(3), draw(40), draw(1), { 3650000 + draw(10000), 4 } };
    }
    every(group, 1 + draw(3), (enum flow_unit)draw(4));
}

/* Whatever the flows: an answer, twice the same, and a rate that balances them. Where every rate of the plain formula can be looked at (EU), it does. */
static void any_flows_have_an_answer(void **state)
{
    (void)state;
    int found = 0, rounds = getenv("CUOTAS_FLOWS") ? atoi(getenv("CUOTAS_FLOWS")) : 2000;
    for (int round = 0; round < rounds; round++) {
        begin((enum flow_convention)draw(1));
        unit_period(1, (enum flow_unit)draw(4));
        const bool with_date = draw(1);
        draw_group(true, with_date);
        for (int i = draw(1) ? 1 : 1 + draw(5); i > 0; i--)
            draw_group(draw(3) == 0, with_date);
        char apr[PLAN_RATE_TEXT], again[PLAN_RATE_TEXT];
        const struct flow_fault fault = flows_apr(&flows, series, apr);
        assert_true(fault.member == refusal().member);
        if (!flows_ok(fault))
            continue;
        assert_true(flows_ok(flows_apr(&flows, series, again)) && strcmp(apr, again) == 0);
        found++;
        const long double rate = strtold(apr, NULL);
        if (flows.convention == FLOW_US || rate > 1e6L || rate < -0.999L)
            continue;
        const struct flow_list list = { series, flows.count };
        const struct rate_gap below = flow_gap(&list, log1pl(rate - 1e-8L)), above = flow_gap(&list, log1pl(rate + 1e-8L));
        if (!(below.gap >= 0 && above.gap <= 0))
            fail_msg("round %d: %s, gaps %Lg and %Lg", round, apr, below.gap, above.gap);
    }
    assert_true(found > rounds / 10);
}

/* A long series is the sum of its flows, and its slope that of the sum. */
static void series_are_their_flows(void **state)
{
    (void)state;
    static struct flow_series apart[50];
    static const long double rates[] = { -3, -0.2L, -1e-9L, 0, 1e-12L, 1e-7L, 0.1L, 5 };
    const struct flow_series together[] = { { .advance = true, .count = 1, .amount = 1000 }, { .count = 49, .amount = 30, .start = 0.3L, .step = 0.25L } };
    apart[0] = together[0];
    for (size_t i = 1; i < 50; i++)
        apart[i] = (struct flow_series){ .count = 1, .amount = 30, .start = 0.3L + 0.25L * (long double)(i - 1) };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        const struct rate_gap a = flow_gap(&(struct flow_list){ together, 2 }, rates[i]), b = flow_gap(&(struct flow_list){ apart, 50 }, rates[i]);
        assert_true(a.defined && b.defined && fabsl(a.gap - b.gap) < 1e-16L && fabsl(a.slope - b.slope) < 1e-6L);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eu_dates_count_in_the_unit_asked_for),
        cmocka_unit_test(eu_years_are_a_unit),
        cmocka_unit_test(us_years_are_a_unit),
        cmocka_unit_test(us_times_without_dates),
        cmocka_unit_test(us_steps_of_another_kind_are_counted_one_by_one),
        cmocka_unit_test(rates_by_hand),
        cmocka_unit_test(drawdowns_between_payments),
        cmocka_unit_test(several_rates_are_none),
        cmocka_unit_test(flows_without_a_rate),
        cmocka_unit_test(flows_that_do_not_fit_together),
        cmocka_unit_test(unit_periods_that_cannot_be),
        cmocka_unit_test(any_flows_have_an_answer),
        cmocka_unit_test(series_are_their_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
