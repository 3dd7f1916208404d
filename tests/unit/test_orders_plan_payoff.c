/* Early payoff: examples with their arithmetic, the peer's quotes, and what holds for every plan on every date. */
#include "plan_check.h"
#include "vectors.h"

#include "orders/plan_change.h"

static struct plan_row rows[PLAN_INSTALLMENTS_MAX];

/* With the first `paid` rows paid in full. */
static struct plan_fault ask(const struct plan_terms *terms, const struct plan_schedule *schedule, int32_t date, int paid, enum plan_rebate rebate,
                             struct plan_payoff *out)
{
    static int64_t amounts[PLAN_INSTALLMENTS_MAX];
    for (size_t i = 0; i < schedule->row_count; i++)
        amounts[i] = (int)i < paid ? schedule->rows[i].total : 0;
    const struct plan_in_force plan = { .terms = terms, .rows = schedule->rows, .row_count = schedule->row_count, .paid = amounts, .date = date };
    return plan_payoff_of(&plan, rebate, out);
}

static struct plan_payoff payoff_of(const struct plan_terms *terms, const struct plan_schedule *schedule, int32_t date, int paid, enum plan_rebate rebate)
{
    struct plan_payoff payoff;
    assert_true(plan_ok(ask(terms, schedule, date, paid, rebate, &payoff)));
    assert_int_equal(payoff.total, payoff.principal + payoff.interest + payoff.fees + payoff.tax);
    return payoff;
}

/* 12,000 at 12 % add-on in twelve months: after the sixth payment 78 gives back 1,440 x 6x7 / (12x13) = 387.69. */
static void the_rule_of_78(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(1200000, 1200, 12);
    struct plan_schedule schedule;
    terms.method = PLAN_FLAT;
    terms.start_date = day(2024, 1, 1);
    build(&terms, &schedule, rows);
    const struct plan_payoff payoff = payoff_of(&terms, &schedule, day(2024, 7, 1), 6, PLAN_REBATE_RULE_OF_78);
    assert_int_equal(payoff.rebate, 38769);
    assert_int_equal(payoff.total, 600000 + 72000 - 38769);
    assert_int_equal(payoff_of(&terms, &schedule, day(2024, 7, 2), 6, PLAN_REBATE_RULE_OF_78).rebate, 27692);   /* 5x6: the seventh has begun */
    assert_int_equal(payoff_of(&terms, &schedule, day(2024, 7, 1), 6, PLAN_REBATE_NONE).rebate, 0);
    assert_int_equal(payoff_of(&terms, &schedule, day(2024, 7, 1), 6, PLAN_REBATE_ACTUARIAL).rebate, 72000);
}

static void what_is_due_is_owed_in_full(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(1000000, 3600, 4);
    struct plan_schedule schedule;
    terms.method = PLAN_EQUAL_PRINCIPAL;
    terms.tax_on_interest = (struct decimal){ 16, 2 };
    build(&terms, &schedule, rows);
    const struct plan_payoff payoff = payoff_of(&terms, &schedule, rows[1].due_date + 10, 1, PLAN_REBATE_ACTUARIAL);
    assert_int_equal(payoff.principal, 750000);
    assert_int_equal(payoff.interest, rows[1].interest + (15000 * 10 + 15) / rows[2].days);
    assert_int_equal(payoff.tax, rows[1].tax + (payoff.interest - rows[1].interest) * 16 / 100);
}

/* Interest of a grace that has not fallen due yet is owed with the rest. */
static void carried_interest_is_owed(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(1000000, 3600, 6);
    struct plan_schedule schedule;
    terms.method = PLAN_EQUAL_PRINCIPAL;
    terms.grace = (struct plan_grace){ .principal = 3, .interest = 3, .interest_carried = true };
    build(&terms, &schedule, rows);
    assert_int_equal(payoff_of(&terms, &schedule, rows[1].due_date, 2, PLAN_REBATE_ACTUARIAL).interest, 60000);
}

static void the_peers_quotes(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("fineract_progressive_emi");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next) {
        const cJSON *inputs = at(c, "inputs"), *quote = at(inputs, "quote"), *first = at(inputs, "periods") ? at(inputs, "periods")->child : NULL;
        if (!quote || !first)
            continue;
        struct plan_schedule schedule;
        struct plan_terms terms = terms_of(int_at(at(inputs, "disbursements")->child, "amount_minor"), 0, cJSON_GetArraySize(at(inputs, "periods")));
        terms.annual_rate = (struct decimal){ (int64_t)real_at(inputs, "annual_rate_percent"), 2 };
        terms.start_date = date_at(first, "from");
        terms.day_count = PLAN_30_360;
        build(&terms, &schedule, rows);
        const int32_t due = date_at(quote, "installment_due"), on = date_at(quote, "pay_date");
        int paid = 0;
        while (rows[paid].due_date < due)
            paid++;
        const struct plan_payoff payoff = payoff_of(&terms, &schedule, on, paid, PLAN_REBATE_ACTUARIAL);
        assert_int_equal(payoff.interest, int_at(at(c, "expected"), "interest_minor"));
        checked++;
    }
    assert_int_equal(checked, 2);
    cJSON_Delete(cases);
}

/* On a due date, all before paid, the balance is owed and nothing else; after the end nothing is; and it never costs more than going on. */
static void what_holds_for_every_plan(void **state)
{
    (void)state;
    for (int method = PLAN_ANNUITY; method < PLAN_CUSTOM; method++)
        for (int count = 1; count <= 40; count += 13)
            for (int rebate = PLAN_REBATE_ACTUARIAL; rebate <= PLAN_REBATE_NONE; rebate++) {
                struct plan_terms terms = terms_of(1234567, 4200, count);
                struct plan_schedule schedule;
                terms.method = (enum plan_method)method;
                terms.day_count = PLAN_ACTUAL_365;
                terms.balloon = method == PLAN_BALLOON ? 100000 : 0;
                build(&terms, &schedule, rows);
                int64_t left = schedule.totals.total;
                for (int paid = 0; paid < count; left -= rows[paid++].total) {
                    const int32_t begin = rows[paid].due_date - rows[paid].days;
                    const struct plan_payoff at_once = payoff_of(&terms, &schedule, begin, paid, (enum plan_rebate)rebate);
                    assert_int_equal(at_once.principal, rows[paid].opening_balance);
                    assert_true(at_once.total <= left && at_once.total + at_once.rebate == left);
                    if (rebate == PLAN_REBATE_ACTUARIAL)
                        assert_int_equal(at_once.interest, 0);
                    const struct plan_payoff later = payoff_of(&terms, &schedule, begin + 9, paid, (enum plan_rebate)rebate);
                    assert_true(later.total >= at_once.total && later.total <= left);
                }
                assert_int_equal(payoff_of(&terms, &schedule, rows[count - 1].due_date + 400, count, (enum plan_rebate)rebate).total, 0);
                assert_int_equal(payoff_of(&terms, &schedule, rows[count - 1].due_date, 0, (enum plan_rebate)rebate).total, schedule.totals.total);
            }
}

static void what_is_refused(void **state)
{
    (void)state;
    struct plan_terms terms = terms_of(1000, 0, 3);
    struct plan_schedule schedule;
    struct plan_payoff payoff;
    build(&terms, &schedule, rows);
    assert_string_equal(ask(&terms, &schedule, terms.start_date - 1, 0, PLAN_REBATE_NONE, &payoff).pointer, "/date");
    const int64_t too_much[] = { rows[0].total + 1, 0, 0 };
    const struct plan_in_force overpaid = { .terms = &terms, .rows = rows, .row_count = 3, .paid = too_much, .date = terms.start_date };
    assert_string_equal(plan_payoff_of(&overpaid, PLAN_REBATE_NONE, &payoff).pointer, "/paid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_of_78),
        cmocka_unit_test(what_is_due_is_owed_in_full),
        cmocka_unit_test(carried_interest_is_owed),
        cmocka_unit_test(the_peers_quotes),
        cmocka_unit_test(what_holds_for_every_plan),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
