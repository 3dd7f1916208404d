/* The peer's tables with payments, re-ageing, re-amortization and new rates against plans in force; row by row. Not here, and why:
 *   fin-loan-5682, fin-loanrepayment-582, -726  interest on what is overdue (the second compounds it): late interest is billing's, no row of the plan
 *   fin-loanrepayment-1131                      a level payment of the amount approved while less of it is lent: no terms of a sale say so
 *   pec-1014                                    the level payment moved by a cent off its formula (test_orders_plan_vectors_schedules)
 *   fin-loandownpayment-1869                    a second purchase dated back behind a payment, each with a deposit; its rows are those of both sold at once */
#include "peer_plans.h"

#include "orders/plan_change.h"

static struct plan_row sold[PLAN_INSTALLMENTS_MAX], rows_of[2][PLAN_INSTALLMENTS_MAX];
static int64_t paid_of[2][PLAN_INSTALLMENTS_MAX];
static struct plan_changed changed[2];
static struct plan_terms terms;

/* A case by its id; the caller keeps *all. */
static const cJSON *find_case(const char *file, const char *id, cJSON **all)
{
    *all = vectors_load(file);
    for (const cJSON *c = (*all)->child; c; c = c->next)
        if (is(text_at(c, "id"), id))
            return c;
    fail_msg("no case %s", id);
    return NULL;
}

static struct plan_in_force sell(int32_t start)
{
    struct plan_schedule schedule;
    terms.start_date = start;
    build(&terms, &schedule, sold);
    return (struct plan_in_force){ .terms = &terms, .rows = sold, .row_count = schedule.row_count };
}

static struct plan_in_force sell_loan(const cJSON *c)
{
    const cJSON *inputs = at(c, "inputs");
    terms = fineract_terms(at(inputs, "product"), at(inputs, "loan"));
    if (terms.annual_rate.digits == 0)
        terms.method = PLAN_INTEREST_FREE;
    for (const cJSON *event = at(inputs, "events")->child; event; event = event->next)
        if (is(text_at(event, "op"), "disburse"))
            return sell(date_at(event, "date"));
    fail_msg("nothing is lent");
    return (struct plan_in_force){ 0 };
}

static const struct plan_changed *apply(struct plan_in_force *plan, int32_t date, struct plan_change change)
{
    struct plan_changed *out = plan->rows == rows_of[0] ? &changed[1] : &changed[0];
    out->rows = rows_of[out - changed];
    out->paid = paid_of[out - changed];
    plan->date = date;
    const struct plan_fault fault = plan_change_of(plan, &change, out);
    if (!plan_ok(fault))
        fail_msg("refused: %s %s", fault.pointer, fault.detail);
    *plan = (struct plan_in_force){ .terms = &out->terms, .rows = out->rows, .row_count = out->row_count, .paid = out->paid, .date = date };
    return out;
}

static const cJSON *last_schedule(const cJSON *c)
{
    const cJSON *found = NULL;
    for (const cJSON *checkpoint = at(at(c, "expected"), "checkpoints")->child; checkpoint; checkpoint = checkpoint->next)
        if (is(text_at(checkpoint, "kind"), "schedule"))
            found = at(checkpoint, "rows");
    return found;
}

/* The peer writes a prepayment into the row it came with: principal of kept rows is theirs without it. Down payments are rows there. */
static void assert_rows(const cJSON *c, const struct plan_in_force *plan)
{
    size_t i = 0;
    for (const cJSON *row = last_schedule(c)->child; row; row = row->next) {
        if (is(text_at(row, "type"), "disbursement") || int_at(row, "days") == 0)
            continue;
        const int64_t gap = i + 1 < plan->row_count ? plan->rows[i].closing_balance - plan->rows[i + 1].opening_balance : 0;
        assert_int_equal(plan->rows[i].due_date, date_at(row, "due_date"));
        assert_amount(c, (int)i + 1, "principal", plan->rows[i].principal + gap, int_at(row, "principal_minor"));
        assert_amount(c, (int)i + 1, "interest", plan->rows[i].interest, int_at(row, "interest_minor"));
        assert_amount(c, (int)i + 1, "balance", plan->rows[i].closing_balance - gap, int_at(row, "balance_minor"));
        i++;
    }
    assert_int_equal(i, plan->row_count);
}

static void prepayments_lower_the_installments(void **state)
{
    (void)state;
    static const char *const ids[] = { "fin-loanrepayment-606", "fin-loanrepayment-750", "fin-loanrepayment-1029" };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        cJSON *all;
        const cJSON *c = find_case("fineract_schedules", ids[i], &all);
        struct plan_in_force plan = sell_loan(c);
        for (const cJSON *event = at(at(c, "inputs"), "events")->child; event; event = event->next)
            if (is(text_at(event, "op"), "repayment"))
                apply(&plan, date_at(event, "date"), (struct plan_change){ .type = PLAN_PREPAY, .amount = int_at(event, "amount_minor"), .choice = PLAN_LOWER_INSTALLMENT });
        assert_rows(c, &plan);
        cJSON_Delete(all);
    }
}

/* 250 on the day, 400 ahead: the next row, and 150 of the last. */
static void payments_ahead_pay_the_next_rows(void **state)
{
    (void)state;
    cJSON *all;
    const cJSON *c = find_case("fineract_schedules", "fin-loandownpayment-5", &all);
    struct plan_in_force plan = sell_loan(c);
    for (const cJSON *event = at(at(c, "inputs"), "events")->child; event; event = event->next)
        if (is(text_at(event, "op"), "repayment"))
            apply(&plan, date_at(event, "date"), (struct plan_change){ .type = PLAN_PREPAY, .amount = int_at(event, "amount_minor"), .choice = PLAN_NEXT_INSTALLMENTS });
    assert_rows(c, &plan);
    size_t i = 0;
    for (const cJSON *row = last_schedule(c)->child; row; row = row->next)
        if (!is(text_at(row, "type"), "disbursement") && int_at(row, "days") > 0)
            assert_amount(c, (int)i + 1, "paid", plan.paid[i], int_at(row, "paid_minor")), i++;
    cJSON_Delete(all);
}

/* Settled in the middle of a period whose interest is owed in full. */
static void a_payoff_to_the_end_of_the_period(void **state)
{
    (void)state;
    cJSON *all;
    const cJSON *c = find_case("fineract_schedules", "fin-loan-5598", &all);
    struct plan_in_force plan = sell_loan(c);
    const int64_t paid[] = { plan.rows[0].total, 0, 0, 0, 0, 0 };
    struct plan_payoff payoff;
    plan.paid = paid;
    plan.date = day(2024, 2, 15);
    assert_true(plan_ok(plan_payoff_of(&plan, PLAN_REBATE_PERIOD, &payoff)));
    assert_int_equal(payoff.principal, 8357);
    assert_int_equal(payoff.interest, 49);
    cJSON_Delete(all);
}

static void rows_overdue_are_spread_anew(void **state)
{
    (void)state;
    cJSON *all;
    const cJSON *c = find_case("fineract_schedules", "fin-loanreaging-5", &all);
    struct plan_in_force plan = sell_loan(c);
    apply(&plan, day(2024, 2, 20), (struct plan_change){ .type = PLAN_RESCHEDULE, .installments = 6, .has_frequency = true, .frequency = { .unit = PLAN_MONTH, .every = 1 },
                                                         .has_first_due_date = true, .first_due_date = day(2024, 3, 1), .arrears = PLAN_ARREARS_SPREAD });
    assert_rows(c, &plan);
    cJSON_Delete(all);

    c = find_case("fineract_schedules", "fin-loanreamortization-316", &all);
    plan = sell_loan(c);
    const int64_t paid[] = { 5000, 0, 0 };
    plan.paid = paid;
    apply(&plan, day(2024, 1, 30), (struct plan_change){ .type = PLAN_RESCHEDULE, .arrears = PLAN_ARREARS_SPREAD });
    assert_rows(c, &plan);
    cJSON_Delete(all);
}

/* An add-on rate from a due date on: half of the interest of the rows behind it. */
static void a_new_rate_of_add_on_interest(void **state)
{
    (void)state;
    cJSON *all;
    const cJSON *c = find_case("fineract_schedules", "fin-loanreschedule-259", &all);
    struct plan_in_force plan = sell_loan(c);
    const int64_t paid[] = { plan.rows[0].total, 0, 0 };
    plan.paid = paid;
    apply(&plan, day(2023, 8, 1), (struct plan_change){ .type = PLAN_RESCHEDULE, .has_annual_rate = true, .annual_rate = { 6, 2 } });
    assert_rows(c, &plan);
    cJSON_Delete(all);
}

/* A new rate, or a second advance, in the middle of a period: its interest is that of both parts, each rounded. */
static void changes_within_a_period(void **state)
{
    (void)state;
    static const char *const ids[] = { "pec-441", "pec-768b", "pec-817b" };
    for (size_t n = 0; n < sizeof ids / sizeof *ids; n++) {
        cJSON *all;
        const cJSON *c = find_case("fineract_progressive_emi", ids[n], &all), *inputs = at(c, "inputs"), *second = at(inputs, "disbursements")->child->next;
        terms = progressive_terms(inputs);
        struct plan_in_force plan = sell(terms.start_date);
        const int64_t paid[] = { plan.rows[0].total, 0, 0, 0, 0, 0 };
        if (second) {
            const int32_t date = date_at(second, "date");
            plan.paid = date >= plan.rows[0].due_date ? paid : NULL;
            apply(&plan, date, (struct plan_change){ .type = PLAN_ADVANCE, .amount = int_at(second, "amount_minor") });
        } else {   /* the peer's new rate runs from the day before its date */
            const cJSON *rate = at(inputs, "rate_changes")->child;
            plan.paid = paid;
            apply(&plan, date_at(rate, "date") - 1, (struct plan_change){ .type = PLAN_RESCHEDULE, .has_annual_rate = true, .annual_rate = percent(rate, "annual_rate_percent") });
        }
        int i = 0;
        for (const cJSON *row = at(at(c, "expected"), "rows")->child; row; row = row->next, i++) {
            assert_int_equal(plan.rows[i].due_date, date_at(row, "due"));
            assert_amount(c, i + 1, "total", plan.rows[i].total, int_at(row, "emi_minor"));
            assert_amount(c, i + 1, "interest", plan.rows[i].interest, int_at(row, "interest_minor"));
        }
        cJSON_Delete(all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prepayments_lower_the_installments), cmocka_unit_test(payments_ahead_pay_the_next_rows),
        cmocka_unit_test(a_payoff_to_the_end_of_the_period),  cmocka_unit_test(rows_overdue_are_spread_anew),
        cmocka_unit_test(a_new_rate_of_add_on_interest),      cmocka_unit_test(changes_within_a_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
