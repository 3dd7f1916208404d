/* What the shop asks for a payoff (change_kinds.c) is what the engine says of it (plan_payoff.c), for any plan, however it was paid and changed before. CUOTAS_PLANS and CUOTAS_SEED as
 * in test_orders_plan_property. */
#include "plan_changes.h"

#include "base/arena.h"
#include "gen/problems.h"
#include "orders/change.h"

static struct plan_row sold[PLAN_INSTALLMENTS_MAX], changed_rows[PLAN_INSTALLMENTS_MAX];
static int64_t changed_paid[PLAN_INSTALLMENTS_MAX];

/* Billing's rows of a plan. */
static void account_for(const struct plan_in_force *plan, struct account *account, int *numbers)
{
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct plan_row *row = &plan->rows[i];
        const int64_t paid = plan->paid ? plan->paid[i] : 0;
        numbers[i] = account->highest = (int)i + 1;
        account->rows[account->row_count++] = (struct receivable){ .number = numbers[i], .due_date = row->due_date, .parts = change_parts_of(row), .total = row->total, .paid = paid };
        account->total += row->total;
        account->paid += paid;
    }
}

static const char *payoff_broken(struct work *w, const struct plan_in_force *plan, enum plan_rebate rebate, long *made)
{
    static struct receivable rows[PLAN_INSTALLMENTS_MAX];
    static int numbers[PLAN_INSTALLMENTS_MAX];
    struct account account = { .rows = rows };
    struct plan_payoff payoff;
    account_for(plan, &account, numbers);
    const struct contract_plan before = { .terms = *plan->terms, .rows = (struct plan_row *)plan->rows, .numbers = numbers, .row_count = plan->row_count };
    const struct compute_change_in in = { .kind = SLICE("payoff"), .rebate = plan_rebate_name(rebate) };
    struct change_draft draft = { .in = &in, .kind = in.kind, .as_of = plan->date, .force = plan, .before = &before, .account = &account };
    change_draft_begin(w, &draft);
    if (!change_payoff(w, &draft))
        return w->failure.problem == &PROBLEM_nothing_to_change ? NULL : "a payoff was refused";
    if (!plan_ok(plan_payoff_of(plan, rebate, &payoff)))
        return "the engine has no payoff";
    ++*made;
    return draft.pay != payoff.total - payoff.refund ? "another amount is asked for" : NULL;
}

/* As it was sold, or once changed; in either case paid somehow. */
static bool plan_some(const struct plan_terms *terms, struct plan_in_force *plan, struct plan_changed *changed)
{
    struct plan_schedule schedule = { .rows = sold };
    if (terms->rounding.carry == PLAN_CARRY_UNROUNDED || !plan_ok(plan_build(terms, &schedule)))
        return false;
    *plan = (struct plan_in_force){ .terms = terms, .rows = sold, .row_count = schedule.row_count, .date = terms->start_date };
    random_payments(plan);
    if (between(0, 1)) {
        const struct plan_change change = random_change(plan);
        if (plan_ok(plan_change_of(plan, &change, changed)))
            *plan = (struct plan_in_force){ &changed->terms, changed->rows, changed->row_count, changed->paid, plan->date };
    }
    random_payments(plan);
    return true;
}

static void a_payoff_is_what_the_engine_says(void **state)
{
    (void)state;
    const long plans = random_count(3000);
    long made = 0;
    for (long i = 0; i < plans; i++) {
        const struct plan_terms terms = random_terms();
        struct plan_changed changed = { .rows = changed_rows, .paid = changed_paid };
        struct plan_in_force plan;
        struct work w = { .arena = arena_new() };
        const char *broken = plan_some(&terms, &plan, &changed) ? payoff_broken(&w, &plan, (enum plan_rebate)between(PLAN_REBATE_ACTUARIAL, PLAN_REBATE_NONE), &made) : NULL;
        arena_free(w.arena);
        if (broken) {
            print_plan(&terms);
            print_rows(&plan);
            fail_msg("plan %ld: %s", i, broken);
        }
    }
    assert_true(made > plans / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_payoff_is_what_the_engine_says) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
