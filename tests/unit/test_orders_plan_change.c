/* Changes of plans in force: what holds for any chain of them on any plan, and examples with their arithmetic. CUOTAS_PLANS and CUOTAS_SEED as in
 * test_orders_plan_property. */
#include "plan_changes.h"

static struct plan_row sold[PLAN_INSTALLMENTS_MAX], changed_rows[2][PLAN_INSTALLMENTS_MAX], twin_rows[PLAN_INSTALLMENTS_MAX];
static int64_t changed_paid[2][PLAN_INSTALLMENTS_MAX], twin_paid[PLAN_INSTALLMENTS_MAX];

/* ---- What holds for every change ---- */

/* Principal of all rows, and what was prepaid, is what it was. */
static const char *principal_broken(const struct plan_in_force *plan, const struct plan_change *change, const struct plan_changed *c)
{
    int64_t before = 0, after = c->prepaid;
    for (size_t i = 0; i < plan->row_count; i++)
        before += plan->rows[i].principal;
    for (size_t i = 0; i < c->row_count; i++)
        after += c->rows[i].principal;
    if (before != after)
        return "principal was lost or made";
    /* A prepayment is money of arrears and of principal; what was paid ahead joins it. */
    const int64_t added = change->type == PLAN_PREPAY ? change->amount : change->type == PLAN_ADVANCE ? -change->amount : 0;
    return sum_paid(plan->paid, plan->row_count) + added != sum_paid(c->paid, c->row_count) + c->prepaid ? "money was lost or made" : NULL;
}

/* Rows that are kept are as they were, but for what moved of them; new ones begin with the balance that is owed. */
static const char *kept_broken(const struct plan_in_force *plan, const struct plan_change *change, const struct plan_changed *c)
{
    for (size_t i = 0; i < c->kept; i++) {
        const struct plan_row *old = &plan->rows[i], *row = &c->rows[i];
        if (old->due_date != row->due_date || old->total < row->total)
            return "a kept row grew or moved";
        if (change->arrears == PLAN_ARREARS_KEEP && !same_row(old, row))
            return "a kept row changed";
        if (change->type == PLAN_RESCHEDULE && change->arrears == PLAN_ARREARS_SPREAD && row->total != c->paid[i])
            return "a row overdue is not what was paid for it";
    }
    return c->kept < c->row_count && c->rows[c->kept].opening_balance != c->balance ? "new rows do not begin with the balance" : NULL;
}

/* On the same dates a prepayment never costs more, an advance never less; a shorter term is no longer, and no installment higher. */
static const char *prepayment_broken(const struct plan_in_force *plan, const struct plan_change *change, const struct plan_changed *c)
{
    if (change->type != PLAN_PREPAY || change->choice == PLAN_NEXT_INSTALLMENTS)
        return NULL;
    if (c->row_count > plan->row_count)
        return "a prepayment made the plan longer";
    const int64_t slack = (int64_t)c->row_count + 1;   /* each row's rounding */
    long double rates = 0;
    for (size_t i = 0; i < plan->row_count; i++)
        rates += (long double)plan->rows[i].rate.numerator / (long double)plan->rows[i].rate.denominator;
    /* Of rows that are level, or whose principal is: after a shorter term the last one is not, behind a grace the
     * first is not, and lower installments level it again. */
    if (plan->rows == sold && plan->terms->rounding.unit == 1 && plan->terms->grace.interest == 0 && rates < 1 && c->interest_after > c->interest_before + 3 * slack)   /* rounding earns interest, too */
        return "a prepayment costs interest";
    for (size_t i = c->kept; change->choice == PLAN_SHORTER_TERM && i + 1 < c->row_count; i++)
        if (c->rows[i].principal && c->rows[i].principal + c->rows[i].interest > plan->rows[i].principal + plan->rows[i].interest + slack)
            return "an installment rose";   /* of add-on plans those of a grace do: the same interest in fewer parts */
    return NULL;
}

static int64_t sum_tax(const struct plan_row *rows, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += rows[i].tax;
    return sum;
}

static int64_t tax_of_interest(const struct plan_terms *terms, const struct plan_row *rows, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += plan_share(rows[i].interest, terms->tax_on_interest, 1, terms->rounding.mode);
    return sum;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

/* Every fee that was charged is in one row: those of rows that stay, and what moved from such into the row behind, now or before, beside what the terms charge for that. The
 * tax on them goes with them; that on interest is of new amounts, each rounded by itself. Told from the terms, not by what the engine remembers. */
static const char *fees_broken(const struct plan_in_force *plan, const struct plan_terms *sale, const struct plan_change *change, const struct plan_changed *c)
{
    if (change->type == PLAN_PREPAY && change->choice == PLAN_NEXT_INSTALLMENTS)
        return NULL;
    const size_t kept = c->kept, left = plan->row_count - kept, anew = c->row_count - kept;
    int64_t tax_before, tax_after;
    const int64_t before = sum_fees(&plan->rows[kept], left) - fees_of_terms(sale, &plan->rows[kept], left, &tax_before);
    const int64_t after = sum_fees(&c->rows[kept], anew) - fees_of_terms(sale, &c->rows[kept], anew, &tax_after);
    const int64_t left_kept = sum_fees(plan->rows, kept) - sum_fees(c->rows, kept);
    if (before < 0 || left_kept != c->moved.fees || after != before + left_kept)
        return "a fee was lost or made";
    tax_before = sum_tax(&plan->rows[kept], left) - tax_before - tax_of_interest(sale, &plan->rows[kept], left);
    tax_after = sum_tax(&c->rows[kept], anew) - tax_after - tax_of_interest(sale, &c->rows[kept], anew);
    const int64_t moved = c->moved.tax - plan_share(c->moved.interest, sale->tax_on_interest, 1, sale->rounding.mode);
    return distance(tax_after, tax_before + moved) > (int64_t)kept + 3 ? "tax on fees was lost or made" : NULL;
}

/* A payoff asks for fees of rows due and for those moved behind them, and for no others. */
static const char *payoff_fees_broken(const struct plan_in_force *plan, const struct plan_terms *sale)
{
    struct plan_standing at;
    struct plan_payoff payoff;
    int64_t tax;
    if (!plan_ok(plan_standing_of(plan, &at)) || !plan_ok(plan_payoff_of(plan, PLAN_REBATE_ACTUARIAL, &payoff)))
        return "no payoff";
    const size_t left = plan->row_count - at.kept;
    const int64_t moved = sum_fees(&plan->rows[at.kept], left) - fees_of_terms(sale, &plan->rows[at.kept], left, &tax);
    const int64_t covered = money_lesser(at.ahead, moved);
    return payoff.fees != at.arrears.fees + moved - covered ? "a payoff has other fees" : NULL;
}

static const char *change_broken(const struct plan_in_force *plan, const struct plan_change *change, const struct plan_changed *c)
{
    const bool rows_made = c->kept < c->row_count;
    const char *broken = rows_broken(c, rows_made ? plan->date : INT32_MIN);
    if (!broken && rows_made)
        broken = interest_broken(c, c->terms.method);
    if (!broken && change->choice != PLAN_NEXT_INSTALLMENTS)
        broken = principal_broken(plan, change, c);
    if (!broken)
        broken = kept_broken(plan, change, c);
    return broken ? broken : prepayment_broken(plan, change, c);
}

static const char *payoff_broken(const struct plan_in_force *plan)
{
    struct plan_payoff payoff[PLAN_REBATE_NONE + 1];
    int64_t left = -sum_paid(plan->paid, plan->row_count);
    for (size_t i = 0; i < plan->row_count; i++)
        left += plan->rows[i].total;
    for (int rebate = PLAN_REBATE_ACTUARIAL; rebate <= PLAN_REBATE_NONE; rebate++) {
        struct plan_payoff *p = &payoff[rebate];
        if (!plan_ok(plan_payoff_of(plan, (enum plan_rebate)rebate, p)))
            return "no payoff";
        if (p->principal < 0 || p->interest < 0 || p->fees < 0 || p->tax < 0 || p->rebate < 0 || p->refund < 0 || p->total < p->arrears)
            return "a part of the payoff is negative";
        if (p->total - p->refund > left + (int64_t)plan->row_count)   /* tax on the sum of interest is rounded once, in rows one by one */
            return "a payoff costs more than going on";
    }
    return payoff[PLAN_REBATE_ACTUARIAL].total > payoff[PLAN_REBATE_PERIOD].total || payoff[PLAN_REBATE_PERIOD].total > payoff[PLAN_REBATE_NONE].total
               ? "a rebate by days is less than one by periods, or than none" : NULL;
}

/* ---- Random chains ---- */

static const char *chain_broken(const struct plan_terms *terms, size_t rows, struct plan_change *last, long *made)
{
    struct plan_in_force plan = { .terms = terms, .rows = sold, .row_count = rows, .date = terms->start_date };
    static struct plan_changed changed[2];
    for (int step = 0, turn = 0; step < 4; step++) {
        struct plan_changed *out = &changed[turn], twin = { .rows = twin_rows, .paid = twin_paid };
        out->rows = changed_rows[turn];
        out->paid = changed_paid[turn];
        random_payments(&plan);
        const char *broken = payoff_broken(&plan);
        if (!broken)
            broken = payoff_fees_broken(&plan, terms);
        if (broken) {
            print_rows(&plan);
            return broken;
        }
        *last = random_change(&plan);
        const struct plan_fault fault = plan_change_of(&plan, last, out);
        if (!plan_ok(fault)) {
            if (fault.pointer[0] != '/' || !fault.code || !fault.detail)
                return "a refusal does not say what is wrong";
            continue;
        }
        ++*made;
        broken = change_broken(&plan, last, out);
        if (!broken)
            broken = fees_broken(&plan, terms, last, out);
        if (!broken && (!plan_ok(plan_change_of(&plan, last, &twin)) || !same_rows(twin_rows, out->rows, out->row_count)))
            broken = "the same change gave other rows";
        if (broken) {
            print_rows(&plan);
            print_rows(&(struct plan_in_force){ &out->terms, out->rows, out->row_count, out->paid, plan.date });
            return broken;
        }
        plan = (struct plan_in_force){ &out->terms, out->rows, out->row_count, out->paid, plan.date };
        turn = 1 - turn;
    }
    return NULL;
}

static void random_changes_keep_their_promises(void **state)
{
    (void)state;
    const long plans = random_count(3000);
    long made = 0;
    for (long i = 0; i < plans; i++) {
        const struct plan_terms terms = random_terms();
        struct plan_schedule schedule = { .rows = sold };
        struct plan_change last = { .type = PLAN_PREPAY };
        if (!plan_ok(plan_build(&terms, &schedule)))
            continue;
        const char *broken = chain_broken(&terms, schedule.row_count, &last, &made);
        if (broken) {
            print_plan(&terms);
            fail_msg("plan %ld, change %d amount %lld choice %d rebate %d n %d rate %d first %d frequency %d arrears %d: %s", i, last.type, (long long)last.amount,
                     last.choice, last.rebate, last.installments, last.has_annual_rate, last.has_first_due_date, last.has_frequency, last.arrears, broken);
        }
    }
    assert_true(made > plans);
}

/* ---- Examples ---- */

/* 1,200.00 in four parts without interest, a fee of 10.00 with each and 5.00 with the first, 19 % tax on fees. */
static struct plan_terms with_fees(struct plan_schedule *schedule)
{
    static const struct plan_fee charged[] = { { .charged = PLAN_FEE_EACH, .amount = 1000 }, { .charged = PLAN_FEE_FIRST, .amount = 500 } };
    struct plan_terms terms = terms_of(120000, 0, 4);
    terms.method = PLAN_INTEREST_FREE;
    terms.fees = charged;
    terms.fee_count = 2;
    terms.tax_on_fees = (struct decimal){ 19, 2 };
    build(&terms, schedule, sold);
    assert_int_equal(sold[0].fees, 1500);
    assert_int_equal(sold[0].tax, 190 + 95);
    return terms;
}

static struct plan_changed respread(struct plan_in_force *plan, int turn)
{
    const struct plan_change change = { .type = PLAN_RESCHEDULE, .installments = 5, .arrears = PLAN_ARREARS_SPREAD };
    struct plan_changed out = { .rows = changed_rows[turn], .paid = changed_paid[turn] };
    assert_true(plan_ok(plan_change_of(plan, &change, &out)));
    return out;
}

static void moved_fees_stay_owed(void **state)
{
    (void)state;
    struct plan_schedule schedule;
    const struct plan_terms terms = with_fees(&schedule);
    int64_t paid[5] = { 700 };   /* 7.00 of the fees of the first */
    struct plan_in_force plan = { .terms = &terms, .rows = sold, .row_count = 4, .paid = paid, .date = sold[0].due_date };
    struct plan_changed first = respread(&plan, 0);
    assert_int_equal(first.rows[0].total, 700);
    assert_int_equal(first.rows[1].fees, 1000 + 800);
    assert_int_equal(first.rows[1].tax, 190 + 285);
    /* The day after, other rows: what moved moves on with them. */
    plan = (struct plan_in_force){ &first.terms, first.rows, first.row_count, first.paid, plan.date + 1 };
    struct plan_changed second = respread(&plan, 1);
    assert_int_equal(second.rows[1].fees, 1000 + 800);
    assert_int_equal(second.rows[1].tax, 190 + 285);
    assert_int_equal(second.rows[2].fees, 1000);
    /* Settled instead: fees of rows to come are not owed, those of before are. */
    struct plan_payoff payoff;
    plan = (struct plan_in_force){ &second.terms, second.rows, second.row_count, second.paid, plan.date };
    assert_true(plan_ok(plan_payoff_of(&plan, PLAN_REBATE_ACTUARIAL, &payoff)));
    assert_int_equal(payoff.fees, 800);
    assert_int_equal(payoff.tax, 285);
    /* Not paid again: with the row they are in overdue too, its own join them. */
    plan.date = second.rows[1].due_date;
    struct plan_changed third = respread(&plan, 0);
    assert_int_equal(third.rows[2].fees, 1000 + 1000 + 800);
    assert_int_equal(third.rows[2].tax, 190 + 190 + 285);
    assert_int_equal(third.rows[1].total, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moved_fees_stay_owed),
        cmocka_unit_test(random_changes_keep_their_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
