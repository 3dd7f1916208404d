/* The engine on examples small enough to check by hand, and what it refuses. */
#include "plan_check.h"

#include <stdlib.h>

#include "orders/plan_dates.h"

static struct plan_row rows[PLAN_INSTALLMENTS_MAX];

static void a_textbook_annuity(void **state)
{
    (void)state;
    /* 1200.00 at 24 % a year, 12 months: 113.47155..., interest 24.00 first. */
    const struct plan_terms terms = terms_of(120000, 2400, 12);
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    for (int i = 0; i < 11; i++)
        assert_int_equal(rows[i].total, 11347);
    assert_int_equal(rows[0].interest, 2400);
    assert_int_equal(rows[0].principal, 8947);
    assert_int_equal(rows[11].total, 11349);
    assert_int_equal(rows[11].due_date, day(2027, 1, 15));
    assert_string_equal(schedule.apr_nominal, "0.23999957");
    assert_string_equal(schedule.effective_annual_rate, "0.26824126");
}

static void interest_free_costs_nothing(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(10000, 9900, 3); /* its rate says nothing */
    terms.method = PLAN_INTEREST_FREE;
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    assert_int_equal(rows[0].total, 3333);
    assert_int_equal(rows[2].total, 3334);
    assert_int_equal(schedule.totals.interest, 0);
    assert_string_equal(schedule.apr_nominal, "0.00000000");
    assert_string_equal(schedule.effective_annual_rate, "0.00000000");
    terms.rounding.residual = PLAN_RESIDUAL_FIRST;
    build(&terms, &schedule, rows);
    assert_int_equal(rows[0].total, 3334);
    assert_int_equal(rows[2].total, 3333);
}

static void deposits_come_off_the_principal(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(12345, 0, 2);
    struct plan_schedule schedule;
    terms.deposit = (struct plan_deposit){ .type = PLAN_DEPOSIT_PERCENT, .share = { 10, 2 } };
    build(&terms, &schedule, rows);
    assert_int_equal(schedule.deposit, 1234); /* 1234.5, half even */
    terms.rounding.mode = ROUND_HALF_UP;
    build(&terms, &schedule, rows);
    assert_int_equal(schedule.deposit, 1235);
    terms.rounding.unit = 100;
    build(&terms, &schedule, rows);
    assert_int_equal(schedule.deposit, 1200);
    terms.deposit = (struct plan_deposit){ .type = PLAN_DEPOSIT_FIXED, .amount = 345 };
    build(&terms, &schedule, rows);
    assert_int_equal(schedule.deposit, 345);
    assert_int_equal(schedule.amount_financed, 12000);
}

static void a_unit_rounds_the_payment_not_the_interest(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(500000, 1200, 18);
    terms.rounding.unit = 100;
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    assert_int_equal(rows[0].total, 30500);
    assert_int_equal(rows[1].interest, 4745);
}

static void month_ends_are_clipped_and_the_anchor_kept(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(10000, 0, 4);
    terms.start_date = day(2027, 10, 31);
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    assert_int_equal(rows[0].due_date, day(2027, 11, 30));
    assert_int_equal(rows[1].due_date, day(2027, 12, 31));
    assert_int_equal(rows[3].due_date, day(2028, 2, 29));
    assert_int_equal(rows[3].days, 29);
}

static void semimonths_alternate_their_days(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(10000, 1200, 5);
    terms.frequency = (struct plan_frequency){ .unit = PLAN_SEMIMONTH, .every = 1, .days = { 15, 31 } };
    terms.start_date = day(2026, 1, 20);
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    const int32_t expected[] = { day(2026, 1, 31), day(2026, 2, 15), day(2026, 2, 28), day(2026, 3, 15), day(2026, 3, 31) };
    for (int i = 0; i < 5; i++)
        assert_int_equal(rows[i].due_date, expected[i]);
    terms.has_first_due_date = true;
    terms.first_due_date = day(2026, 2, 28);   /* the 31st of a short month */
    build(&terms, &schedule, rows);
    assert_int_equal(rows[1].due_date, day(2026, 3, 15));
}

/* Equal periods, but for a first one that is longer or shorter: whole periods back from the first due date, and of the one before those its days. */
static void an_odd_first_period_counts_its_days(void **state)
{
    (void)state;
    static const struct { enum plan_unit unit; int start[3], first[3]; int64_t numerator, denominator; } cases[] = {
        { PLAN_SEMIMONTH, { 2026, 1, 14 }, { 2026, 1, 15 }, 1, 14 * 24 },                 /* the 1st to the 15th */
        { PLAN_SEMIMONTH, { 2026, 1, 10 }, { 2026, 2, 1 }, 14 + 5, 14 * 24 },            /* one, and 5 days of the 14 before it */
        { PLAN_MONTH, { 2026, 1, 15 }, { 2026, 3, 1 }, 31 + 17, 31 * 12 },                /* February, and 17 days of January */
        { PLAN_MONTH, { 2026, 1, 31 }, { 2026, 2, 28 }, 1, 12 },
        { PLAN_MONTH, { 2026, 1, 15 }, { 2026, 1, 25 }, 10, 31 * 12 },                    /* of 25 December to 25 January */
        { PLAN_WEEK, { 2026, 1, 1 }, { 2026, 1, 11 }, 10, 7 * 52 },
        { PLAN_DAY, { 2026, 1, 1 }, { 2026, 1, 4 }, 3, 365 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plan_terms terms = terms_of(100000000, 1200, 4);
        struct plan_schedule schedule;
        terms.frequency = (struct plan_frequency){ .unit = cases[i].unit, .every = 1, .days = { cases[i].unit == PLAN_SEMIMONTH, cases[i].unit == PLAN_SEMIMONTH ? 15 : 0 } };
        terms.start_date = day(cases[i].start[0], cases[i].start[1], cases[i].start[2]);
        terms.has_first_due_date = true;
        terms.first_due_date = day(cases[i].first[0], cases[i].first[1], cases[i].first[2]);
        build(&terms, &schedule, rows);
        assert_true((__int128)rows[0].rate.numerator * cases[i].denominator * 10000 == (__int128)1200 * cases[i].numerator * rows[0].rate.denominator);
        assert_int_equal(rows[0].interest, money_divide((__int128)100000000 * rows[0].rate.numerator, rows[0].rate.denominator, ROUND_HALF_EVEN));
    }
}

/* Appendix J (b)(5)(v): 15 January 2026 to 2 March 2027 is a year and 46 days of 365. 1.25 = (1 + i)(1 + 46/365 i). */
static void one_payment_after_more_than_a_year_counts_years(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(1000000, 0, 1);
    struct plan_schedule schedule;
    const struct plan_fee fee = { .code = SLICE("f"), .charged = PLAN_FEE_FIRST, .amount = 250000 };
    terms.fees = &fee;
    terms.fee_count = 1;
    terms.has_first_due_date = true;
    terms.first_due_date = day(2027, 3, 2);
    build(&terms, &schedule, rows);
    assert_string_equal(schedule.apr_nominal, "0.21676078");
}

static void weeks_and_days_step_by_days(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(10000, 1200, 3);
    terms.frequency = (struct plan_frequency){ .unit = PLAN_WEEK, .every = 2 };
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    assert_int_equal(rows[2].due_date, terms.start_date + 42);
    terms.frequency = (struct plan_frequency){ .unit = PLAN_DAY, .every = 10 };
    terms.day_count = PLAN_ACTUAL_365;
    build(&terms, &schedule, rows);
    assert_int_equal(rows[2].due_date, terms.start_date + 30);
    assert_int_equal(rows[0].interest, 33); /* 100.00 x 12 % x 10/365 = 0.3288 */
}

/* A year before the first payment: its interest is more than any level payment, so it is paid on its own. */
static void a_long_first_period_pays_its_interest_only(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(1000000, 2400, 61);
    terms.day_count = PLAN_ACTUAL_365;
    terms.has_first_due_date = true;
    terms.first_due_date = day(2027, 1, 15);
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    assert_int_equal(rows[0].interest, 240000);
    assert_int_equal(rows[0].principal, 0);
    assert_true(rows[1].total < 30000 && rows[1].principal > 0);
    assert_true(rows[60].total - rows[59].total < 100 && rows[59].total - rows[60].total < 100);
}

static void the_residual_can_come_first(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(1000003, 3650, 48);
    terms.rounding = (struct plan_rounding){ .mode = ROUND_HALF_EVEN, .unit = 100, .residual = PLAN_RESIDUAL_FIRST };
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    for (int i = 2; i < 48; i++)
        assert_int_equal(rows[i].total, rows[1].total);
    assert_int_equal(rows[1].total % 100, 0);
    assert_int_not_equal(rows[0].total, rows[1].total);
}

static void one_installment_pays_it_all(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(10000, 1200, 1);
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    assert_int_equal(rows[0].total, 10100);
    assert_string_equal(schedule.apr_nominal, "0.12000000");
    terms.has_first_due_date = true;
    terms.first_due_date = terms.start_date + 45;
    terms.day_count = PLAN_ACTUAL_365;
    build(&terms, &schedule, rows); /* 148 on 10000 over a unit-period of 45 days */
    assert_string_equal(schedule.apr_nominal, "0.12004444");
}

static void rates_beyond_stating_are_left_out(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(1000000, 100000, 1);
    terms.has_first_due_date = true;
    terms.first_due_date = terms.start_date + 1;
    const struct plan_fee fee = { .code = SLICE("f"), .charged = PLAN_FEE_FIRST, .amount = 1000000 };   /* doubled in a day */
    terms.fees = &fee;
    terms.fee_count = 1;
    struct plan_schedule schedule;
    build(&terms, &schedule, rows);
    assert_string_equal(schedule.effective_annual_rate, "");
}

static void the_first_wrong_field_is_named(void **state)
{
    (void)state;
    struct plan_schedule schedule = { .rows = rows };
    const struct plan_terms good = terms_of(10000, 2400, 12);
#define REFUSED(where, change)                                                                                          \
    do {                                                                                                                \
        struct plan_terms terms = good;                                                                                 \
        change;                                                                                                         \
        const struct plan_fault fault = plan_build(&terms, &schedule);                                                  \
        assert_false(plan_ok(fault));                                                                                   \
        assert_string_equal(fault.pointer, where);                                                                      \
    } while (0)
    REFUSED("/principal", terms.principal = 0);
    REFUSED("/principal", terms.principal = MONEY_MAX + 1);
    REFUSED("/installments", terms.installments = 0);
    REFUSED("/installments", terms.installments = 601);
    REFUSED("/annual_rate", terms.annual_rate.digits = -1);
    REFUSED("/annual_rate", terms.annual_rate.digits = 100001);
    REFUSED("/annual_rate", terms.annual_rate.scale = 11);
    REFUSED("/rounding/unit", terms.rounding.unit = 0);
    REFUSED("/frequency/every", terms.frequency.every = 13);
    REFUSED("/frequency/days", terms.frequency.unit = PLAN_SEMIMONTH);
    REFUSED("/frequency/days", (terms.frequency = (struct plan_frequency){ PLAN_SEMIMONTH, 1, { 28, 30 } }));
    REFUSED("/start_date", terms.start_date = day(1899, 12, 31));
    REFUSED("/first_due_date", (terms.has_first_due_date = true, terms.first_due_date = terms.start_date));
    REFUSED("/first_due_date", (terms.has_first_due_date = true, terms.first_due_date = terms.start_date + 3661));
    REFUSED("/deposit/amount", (terms.deposit = (struct plan_deposit){ PLAN_DEPOSIT_FIXED, 10000, { 0, 0 } }));
    REFUSED("/deposit/value", (terms.deposit = (struct plan_deposit){ PLAN_DEPOSIT_PERCENT, 0, { 1, 0 } }));
    REFUSED("/deposit", (terms.deposit = (struct plan_deposit){ PLAN_DEPOSIT_PERCENT, 0, { 9999999, 7 } }));
    REFUSED("/principal", (terms.principal = MONEY_MAX));
#undef REFUSED
}

/* 30 years at 36 % and months of 28 to 31 days: interest of the long ones is more than a level payment that hardly repays. They pay it and repay nothing, and the others
 * repay it all in time. */
static void long_months_of_a_slow_plan_rest(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(100000000, 3600, 240);
    struct plan_schedule schedule;
    terms.day_count = PLAN_ACTUAL_365;
    build(&terms, &schedule, rows);
    int resting = 0;
    for (int i = 0; i < 239; i++) {
        resting += rows[i].rests;
        assert_int_equal(rows[i].rests, rows[i].principal == 0);
        if (!rows[i].rests)
            assert_int_equal(rows[i].total, rows[238].total);
        else
            assert_true(rows[i].total >= rows[238].total);
    }
    assert_true(resting > 20 && llabs(rows[239].total - rows[238].total) < rows[238].total / 1000);
}

static void names_are_read(void **state)
{
    (void)state;
    enum plan_method method;
    enum plan_unit unit;
    enum plan_day_count day_count;
    enum rounding mode;
    enum plan_residual residual;
    assert_true(plan_method_parse(SLICE("interest_free"), &method) && method == PLAN_INTEREST_FREE);
    assert_true(plan_unit_parse(SLICE("semimonth"), &unit) && unit == PLAN_SEMIMONTH);
    assert_true(plan_day_count_parse(SLICE("actual/360"), &day_count) && day_count == PLAN_ACTUAL_360);
    assert_true(plan_rounding_mode_parse(SLICE("half_down"), &mode) && mode == ROUND_HALF_DOWN);
    assert_true(plan_residual_parse(SLICE("first"), &residual) && residual == PLAN_RESIDUAL_FIRST);
    assert_true(plan_method_parse(SLICE("flat"), &method) && method == PLAN_FLAT);
    assert_false(plan_method_parse(SLICE("Flat"), &method));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_textbook_annuity),
        cmocka_unit_test(interest_free_costs_nothing),
        cmocka_unit_test(deposits_come_off_the_principal),
        cmocka_unit_test(a_unit_rounds_the_payment_not_the_interest),
        cmocka_unit_test(month_ends_are_clipped_and_the_anchor_kept),
        cmocka_unit_test(semimonths_alternate_their_days),
        cmocka_unit_test(an_odd_first_period_counts_its_days),
        cmocka_unit_test(one_payment_after_more_than_a_year_counts_years),
        cmocka_unit_test(weeks_and_days_step_by_days),
        cmocka_unit_test(a_long_first_period_pays_its_interest_only),
        cmocka_unit_test(the_residual_can_come_first),
        cmocka_unit_test(one_installment_pays_it_all),
        cmocka_unit_test(rates_beyond_stating_are_left_out),
        cmocka_unit_test(the_first_wrong_field_is_named),
        cmocka_unit_test(long_months_of_a_slow_plan_rest),
        cmocka_unit_test(names_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
