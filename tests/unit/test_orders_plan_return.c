/* Returns: what holds for any of them, in any chain of changes of any plan, and examples with their arithmetic. CUOTAS_PLANS and CUOTAS_SEED as in
 * test_orders_plan_property. */
#include "plan_changes.h"

static struct plan_row sold[PLAN_INSTALLMENTS_MAX], changed_rows[2][PLAN_INSTALLMENTS_MAX], twin_rows[PLAN_INSTALLMENTS_MAX];
static int64_t changed_paid[2][PLAN_INSTALLMENTS_MAX], twin_paid[PLAN_INSTALLMENTS_MAX];

/* ---- What holds for every return ---- */

static int64_t sum_principal(const struct plan_row *rows, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += rows[i].principal;
    return sum;
}

static int64_t outstanding(const struct plan_changed *c)
{
    int64_t sum = -sum_paid(c->paid, c->row_count);
    for (size_t i = 0; i < c->row_count; i++)
        sum += c->rows[i].total;
    return sum;
}

static int64_t back_of(const struct plan_changed *c)
{
    return c->beyond - plan_parts_total(&c->covered);
}

static struct plan_standing standing_of(const struct plan_in_force *plan)
{
    struct plan_standing at;
    assert_true(plan_ok(plan_standing_of(plan, &at)));
    return at;
}

/* Principal falls by the price, but for what comes off before these rows; no money appears or goes, but what was paid ahead. */
static const char *sums_broken(const struct plan_in_force *plan, const struct plan_change *change, const struct plan_changed *c, const struct plan_standing *at)
{
    const bool untouched = c->kept == plan->row_count && at->kept < plan->row_count;
    const int64_t ahead = untouched ? 0 : at->ahead;
    if (sum_principal(plan->rows, plan->row_count) + c->beyond != sum_principal(c->rows, c->row_count) + ahead + change->amount)
        return "principal was lost or made";
    if (sum_paid(plan->paid, plan->row_count) != sum_paid(c->paid, c->row_count) + ahead)
        return "money was lost or made";
    if (back_of(c) < 0 || c->covered.principal || c->moved.principal)
        return "what pays for what does not add up";
    return back_of(c) > 0 && outstanding(c) != 0 ? "money goes back while something is owed" : NULL;
}

/* The share of all interest so far, rounded once. */
static const char *refund_broken(const struct plan_in_force *plan, const struct plan_change *change, const struct plan_changed *c, const struct plan_standing *at)
{
    __int128 interest = at->carried + at->run;
    for (size_t i = 0; i < at->kept; i++)
        interest += plan->rows[i].interest;
    const int64_t share = change->refund.numerator ? money_divide(interest * change->refund.numerator, change->refund.denominator, plan->terms->rounding.mode) : 0;
    return c->refunded.interest != share || (share == 0 && c->refunded.tax > (int64_t)at->kept + 1) ? "what is given back of interest is not its share" : NULL;
}

/* What is due falls by the price and what is given back of it, and no other row is overdue. */
static const char *arrears_broken(const struct plan_in_force *plan, const struct plan_change *change, const struct plan_changed *c, const struct plan_standing *at)
{
    const struct plan_standing now = standing_of(&(struct plan_in_force){ &c->terms, c->rows, c->row_count, c->paid, plan->date });
    const int64_t before = plan_parts_total(&at->arrears), after = plan_parts_total(&now.arrears);
    const int64_t most = before > change->amount ? before - change->amount : 0, given = plan_parts_total(&c->refunded), least = most > given ? most - given : 0;
    if (after > most || (at->ahead <= at->balance && after < least))
        return "the price did not settle what is due first";
    if (given > 0 || at->ahead > at->balance)
        return NULL;
    if (after != most)
        return "what is due fell by something else";
    int64_t settled = before - after;   /* the oldest first */
    for (size_t i = 0; i < at->kept; i++) {
        const int64_t owed = plan->rows[i].total - (plan->paid ? plan->paid[i] : 0), part = owed < settled ? owed : settled;
        if (c->rows[i].total - c->paid[i] != owed - part)
            return "a newer row was settled before an older one";
        settled -= part;
    }
    return NULL;
}

/* Settling the plan on that day costs less by the price and what is given back: fees that moved are for what has been done, and stay owed. */
static const char *value_broken(const struct plan_in_force *plan, const struct plan_change *change, const struct plan_changed *c)
{
    struct plan_payoff before, after;
    const struct plan_in_force then = { &c->terms, c->rows, c->row_count, c->paid, plan->date };
    if (plan->terms->method == PLAN_FLAT && change->rebate != PLAN_REBATE_ACTUARIAL)
        return NULL;
    if (!plan_ok(plan_payoff_of(plan, PLAN_REBATE_ACTUARIAL, &before)) || !plan_ok(plan_payoff_of(&then, PLAN_REBATE_ACTUARIAL, &after)))
        return "no payoff";
    const int64_t wanted = before.total - before.refund - change->amount - plan_parts_total(&c->refunded), is = after.total - after.refund - back_of(c);
    const int64_t slack = (int64_t)plan->row_count + 3;   /* each row's tax is rounded by itself */
    return is > wanted + slack || is < wanted - slack ? "what is owed fell by something else than the price" : NULL;
}

/* Every fee that was charged is in one row, or paid by the price: those of rows that stay, those moved behind them, and where rows are made anew what the terms charge for them. */
static const char *fees_broken(const struct plan_in_force *plan, const struct plan_terms *sale, const struct plan_changed *c, const struct plan_standing *at)
{
    int64_t tax, expected = sum_fees(plan->rows, at->kept) + at->carried_fees - c->covered.fees;
    for (size_t i = c->kept; i < c->row_count; i++) {
        const struct plan_row *row = &c->rows[i];
        const int64_t own = row->fees - row->brought_fees, charged = fees_of_terms(sale, row, 1, &tax);
        if (own != charged && (own != 0 || row->principal != 0))
            return "a row has other fees than the terms";
        expected += own;
    }
    if (c->kept == plan->row_count)   /* all rows stayed */
        expected = sum_fees(plan->rows, plan->row_count) - c->covered.fees;
    return sum_fees(c->rows, c->row_count) != expected ? "a fee was lost or made" : NULL;
}

static const char *return_broken(const struct plan_in_force *plan, const struct plan_terms *sale, const struct plan_change *change, const struct plan_changed *c)
{
    const struct plan_standing at = standing_of(plan);
    const char *broken = rows_broken(c, c->kept < c->row_count ? plan->date : INT32_MIN);
    for (size_t i = 0; !broken && i < c->kept; i++)
        if (c->rows[i].due_date != plan->rows[i].due_date || c->rows[i].total > plan->rows[i].total)
            broken = "a kept row grew or moved";
    if (!broken && c->kept < c->row_count)
        broken = interest_broken(c, c->terms.method);
    if (!broken)
        broken = sums_broken(plan, change, c, &at);
    if (!broken)
        broken = refund_broken(plan, change, c, &at);
    if (!broken)
        broken = arrears_broken(plan, change, c, &at);
    if (!broken)
        broken = fees_broken(plan, sale, c, &at);
    return broken ? broken : value_broken(plan, change, c);
}

/* ---- Random chains ---- */

static struct plan_change random_return(const struct plan_in_force *plan)
{
    struct plan_change change = { .type = PLAN_RETURN, .choice = between(0, 1) ? PLAN_LOWER_INSTALLMENT : PLAN_SHORTER_TERM,
                                  .rebate = (enum plan_rebate)between(PLAN_REBATE_ACTUARIAL, PLAN_REBATE_NONE) };
    const int64_t all = sum_principal(plan->rows, plan->row_count);
    change.amount = between(0, 3) == 0 ? all + magnitude(1000000) : between(0, 8) == 0 ? 0 : magnitude(all + 1);
    if (between(0, 1)) {
        change.refund.denominator = magnitude(MONEY_MAX);
        change.refund.numerator = between(0, 3) ? between(0, change.refund.denominator) : change.refund.denominator;
    }
    return change;
}

static const char *chain_broken(const struct plan_terms *terms, size_t rows, struct plan_change *last, long *made)
{
    struct plan_in_force plan = { .terms = terms, .rows = sold, .row_count = rows, .date = terms->start_date };
    static struct plan_changed changed[2];
    for (int step = 0, turn = 0; step < 5 && plan.row_count > 0; step++) {
        struct plan_changed *out = &changed[turn], twin = { .rows = twin_rows, .paid = twin_paid };
        out->rows = changed_rows[turn];
        out->paid = changed_paid[turn];
        if (between(0, 2))
            random_payments(&plan);
        const bool returned = between(0, 2) > 0;
        *last = returned ? random_return(&plan) : random_change(&plan);
        if (!plan_ok(plan_change_of(&plan, last, out))) {
            if (returned)
                return "a return was refused";
            continue;
        }
        const char *broken = returned ? return_broken(&plan, terms, last, out) : NULL;
        if (returned && !broken && (!plan_ok(plan_change_of(&plan, last, &twin)) || !same_rows(twin_rows, out->rows, out->row_count)))
            broken = "the same return gave other rows";
        if (broken) {
            print_rows(&plan);
            print_rows(&(struct plan_in_force){ &out->terms, out->rows, out->row_count, out->paid, plan.date });
            fprintf(stderr, "beyond %lld covered %lld moved %lld refunded %lld+%lld\n", (long long)out->beyond, (long long)plan_parts_total(&out->covered),
                    (long long)plan_parts_total(&out->moved), (long long)out->refunded.interest, (long long)out->refunded.tax);
            return broken;
        }
        *made += returned;
        plan = (struct plan_in_force){ &out->terms, out->rows, out->row_count, out->paid, plan.date };
        turn = 1 - turn;
    }
    return NULL;
}

static void random_returns_keep_their_promises(void **state)
{
    (void)state;
    const long plans = random_count(3000);
    long made = 0;
    for (long i = 0; i < plans; i++) {
        const struct plan_terms terms = random_terms();
        struct plan_schedule schedule = { .rows = sold };
        struct plan_change last = { .type = PLAN_RETURN };
        if (terms.rounding.carry == PLAN_CARRY_UNROUNDED || !plan_ok(plan_build(&terms, &schedule)))
            continue;
        const char *broken = chain_broken(&terms, schedule.row_count, &last, &made);
        if (broken) {
            print_plan(&terms);
            fail_msg("plan %ld, change %d amount %lld choice %d rebate %d refund %lld/%lld: %s", i, last.type, (long long)last.amount, last.choice, last.rebate,
                     (long long)last.refund.numerator, (long long)last.refund.denominator, broken);
        }
    }
    assert_true(made > plans / 2);
}

/* ---- Examples ---- */

/* 1,200.00 at 24 % in four equal parts of 300.00, monthly; interest 24.00, 18.00, 12.00, 6.00. */
static struct plan_terms four_parts(struct plan_schedule *schedule)
{
    struct plan_terms terms = terms_of(120000, 2400, 4);
    terms.method = PLAN_EQUAL_PRINCIPAL;
    build(&terms, schedule, sold);
    assert_int_equal(sold[0].total, 32400);
    return terms;
}

static struct plan_changed returned(const struct plan_terms *terms, int32_t date, const int64_t *paid, int64_t amount, struct plan_rate refund)
{
    const struct plan_in_force plan = { .terms = terms, .rows = sold, .row_count = 4, .paid = paid, .date = date };
    const struct plan_change change = { .type = PLAN_RETURN, .amount = amount, .choice = PLAN_LOWER_INSTALLMENT, .refund = refund };
    struct plan_changed out = { .rows = changed_rows[0], .paid = changed_paid[0] };
    assert_true(plan_ok(plan_change_of(&plan, &change, &out)));
    return out;
}

static void arrears_are_settled_first(void **state)
{
    (void)state;
    struct plan_schedule schedule;
    const struct plan_terms terms = four_parts(&schedule);
    const int64_t paid[] = { 10000, 0, 0, 0 };
    const int32_t second = sold[1].due_date;
    /* Due by then: 224.00 of the first (its interest is paid), 318.00 of the second. 500.00: 200.00 fall of the first row, 300.00 of the second; what is left of that is interest. */
    struct plan_changed c = returned(&terms, second, paid, 50000, (struct plan_rate){ 0, 1 });
    assert_int_equal(c.rows[0].total, 10000);
    assert_int_equal(c.rows[0].principal, 7600);
    assert_int_equal(c.rows[1].principal, 30000 - (50000 - 22400));
    assert_int_equal(c.rows[1].interest, 1800);
    assert_int_equal(c.kept, 4);
    /* 540.00: two units short of all. */
    c = returned(&terms, second, paid, 52600, (struct plan_rate){ 0, 1 });
    assert_int_equal(c.rows[1].principal, 0);
    assert_int_equal(c.rows[1].total, 1800 - 200);   /* 2.00 of its interest are due with the third row instead, whose balance fell by as much */
    assert_int_equal(c.moved.interest, 200);
    assert_int_equal(c.balance, 60000 - 200);
    /* 600.00: nothing is due any more. */
    c = returned(&terms, second, paid, 60000, (struct plan_rate){ 0, 1 });
    assert_int_equal(c.rows[1].total, 0);
    assert_int_equal(c.moved.interest, 1800);
    assert_int_equal(c.balance, 60000 - (60000 - 52400));
    assert_int_equal(c.rows[2].interest, 1800 + 1048);
    assert_int_equal(c.rows[2].principal, 26200);
}

static void interest_goes_back_where_it_is_given_back(void **state)
{
    (void)state;
    struct plan_schedule schedule;
    const struct plan_terms terms = four_parts(&schedule);
    const int64_t paid[] = { 32400, 31800, 0, 0 };
    /* A third of what was bought, and of 42.00 interest so far: 14.00 of that are principal now. */
    struct plan_changed c = returned(&terms, sold[1].due_date, paid, 40000, (struct plan_rate){ 1, 3 });
    assert_int_equal(c.refunded.interest, 1400);
    assert_int_equal(c.rows[0].interest, 1600);
    assert_int_equal(c.rows[0].principal, 30800);
    assert_int_equal(c.rows[1].interest, 1200);
    assert_int_equal(c.rows[1].total, 31800);
    assert_int_equal(c.balance, 60000 - 40000 - 1400);
    assert_int_equal(c.rows[2].interest, 372);
}

static void what_is_left_goes_back(void **state)
{
    (void)state;
    struct plan_schedule schedule;
    const struct plan_terms terms = four_parts(&schedule);
    const int64_t paid[] = { 32400, 31800, 0, 0 };
    const int32_t half = sold[1].due_date + sold[2].days / 2;
    const int64_t run = money_divide((__int128)1200 * (sold[2].days / 2), sold[2].days, terms.rounding.mode);
    /* Everything: 600.00 are not owed, 600.00 were paid; they pay the interest that has run, too. */
    struct plan_changed c = returned(&terms, half, paid, 120000, (struct plan_rate){ 0, 1 });
    assert_int_equal(c.beyond, 60000);
    assert_int_equal(c.covered.interest, run);
    assert_int_equal(c.row_count, 2);
    /* With its interest: all that was paid goes back. */
    c = returned(&terms, half, paid, 120000, (struct plan_rate){ 1, 1 });
    assert_int_equal(c.beyond - plan_parts_total(&c.covered), sum_paid(paid, 4));
    /* As much as is owed of principal: what has run is all that is left, due when the next row was. */
    c = returned(&terms, half, paid, 60000, (struct plan_rate){ 0, 1 });
    assert_int_equal(c.row_count, 3);
    assert_int_equal(c.rows[2].total, run);
    assert_int_equal(c.rows[2].due_date, sold[2].due_date);
    assert_int_equal(c.beyond, 0);
    /* Nothing was paid, everything is due and comes back: interest is owed, as long as nobody gives it back. */
    c = returned(&terms, sold[3].due_date, NULL, 120000, (struct plan_rate){ 0, 1 });
    assert_int_equal(outstanding(&c), 6000);
    c = returned(&terms, sold[3].due_date, NULL, 120000, (struct plan_rate){ 1, 1 });
    assert_int_equal(outstanding(&c), 0);
    assert_int_equal(back_of(&c), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrears_are_settled_first),
        cmocka_unit_test(interest_goes_back_where_it_is_given_back),
        cmocka_unit_test(what_is_left_goes_back),
        cmocka_unit_test(random_returns_keep_their_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
