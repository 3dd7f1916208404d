/* Thousands of pseudo-random plans of every shape the engine knows: each is refused with a reason or keeps every promise of plan.h.
 * CUOTAS_PLANS sets how many (default 5000), CUOTAS_SEED where the sequence starts. A failure prints the plan. */
#include "plan_random.h"

/* Interest accrued in each row is its exact value moved by less than one unit; all of it falls due, in the row or after the grace. */
static const char *interest_broken(const struct plan_terms *terms, const struct plan_schedule *s)
{
    __int128 accrued = 0, due = 0;
    for (size_t i = 0; i < s->row_count; i++) {
        const struct plan_row *row = &s->rows[i];
        const __int128 exact = (__int128)row->opening_balance * row->rate.numerator;
        const __int128 off = (__int128)row->accrued * row->rate.denominator - exact;
        const __int128 most = row->rate.denominator;
        if (terms->method != PLAN_FLAT && (off >= most || -off >= most))
            return "interest is a unit or more from its exact value";
        if (terms->method == PLAN_INTEREST_FREE && row->accrued)
            return "interest in an interest-free plan";
        if ((int)i < terms->grace.interest && (row->interest || (!terms->grace.interest_carried && row->accrued)))
            return "interest in the grace";
        accrued += row->accrued;
        due += row->interest;
    }
    return accrued != due ? "interest was lost or made" : NULL;
}

/* Add-on interest is that of the whole term on the amount financed. */
static const char *flat_broken(const struct plan_terms *terms, const struct plan_schedule *s)
{
    long double exact = 0;
    for (size_t i = 0; i < s->row_count; i++)
        exact += (long double)s->amount_financed * (long double)s->rows[i].rate.numerator / (long double)s->rows[i].rate.denominator;
    const long double off = (long double)s->totals.interest - exact;
    return terms->method == PLAN_FLAT && (off > 1.01L || off < -1.01L) ? "add-on interest is not that of the term" : NULL;
}

/* Which rows repay: none in the grace, and where the method says so, only the last. */
static const char *principal_broken(const struct plan_terms *terms, const struct plan_schedule *s)
{
    for (size_t i = 0; i < s->row_count; i++)
        if (terms->business_day != BUSINESS_DAY_NONE && !business_day_is_open(terms->closed, s->rows[i].due_date))
            return "due on a closed day";
    for (size_t i = 0; i < s->row_count; i++)
        if (s->rows[i].principal && ((int)i < terms->grace.principal || (terms->method == PLAN_INTEREST_ONLY && i + 1 < s->row_count)))
            return "principal in a row that repays none";
    return NULL;
}

/* What each row pays of what is level in its method: principal, or principal and interest, without the balloon. */
static int64_t level_part(const struct plan_terms *terms, const struct plan_schedule *s, size_t i)
{
    const struct plan_row *row = &s->rows[i];
    const int64_t balloon = i + 1 == s->row_count ? terms->balloon : 0;
    return terms->method == PLAN_EQUAL_PRINCIPAL || terms->method == PLAN_INTEREST_FREE ? row->principal
                                                                                         : row->principal + row->accrued - balloon;
}

/* Where no row had to be held at zero principal, all that repay pay the same but the one that takes the residual. */
static const char *level_broken(const struct plan_terms *terms, const struct plan_schedule *s)
{
    const bool first = terms->rounding.residual == PLAN_RESIDUAL_FIRST;
    const size_t from = (size_t)terms->grace.principal, to = s->row_count;
    if (terms->method == PLAN_CUSTOM || terms->method == PLAN_INTEREST_ONLY || (terms->method == PLAN_FLAT && terms->grace.interest))
        return NULL;
    for (size_t i = from; i < to; i++)
        if (s->rows[i].principal == 0 || (s->rows[i].closing_balance == 0 && i + 1 != to))
            return NULL;
    bool last_takes_it = true, first_takes_it = true;
    for (size_t i = from; i < to; i++) {
        last_takes_it = last_takes_it && (i + 1 == to || level_part(terms, s, i) == level_part(terms, s, from));
        first_takes_it = first_takes_it && (i == from || level_part(terms, s, i) == level_part(terms, s, to - 1));
    }
    if (!first && !last_takes_it)
        return "the last row does not take the residual alone";
    return first && !first_takes_it && !last_takes_it ? "neither end takes the residual alone" : NULL;
}

/* A fee is charged once, where it belongs, and taxed. */
static const char *fees_broken(const struct plan_terms *terms, const struct plan_schedule *s)
{
    bool charged[PLAN_FEE_EACH + 1] = { false };
    for (size_t i = 0; i < terms->fee_count; i++)
        charged[terms->fees[i].charged] = true;
    if ((!charged[PLAN_FEE_UPFRONT] && s->upfront_fees + s->upfront_tax) || (!charged[PLAN_FEE_FINANCED] && s->amount_financed != s->credit))
        return "fees nobody asked for at the start";
    for (size_t i = 0; i < s->row_count; i++)
        if (s->rows[i].fees && !charged[PLAN_FEE_EACH] && (i > 0 || !charged[PLAN_FEE_FIRST]))
            return "fees nobody asked for in a row";
    for (size_t i = 2; i < s->row_count; i++)
        if (s->rows[i].fees != s->rows[1].fees)
            return "a fee of each installment differs";
    return NULL;
}

static const char *rounded_broken(const struct plan_terms *terms, const struct plan_schedule *schedule)
{
    static const char *(*const checks[])(const struct plan_terms *, const struct plan_schedule *) = {
        plan_broken, interest_broken, flat_broken, principal_broken, level_broken, fees_broken };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const char *broken = checks[i](terms, schedule);
        if (broken)
            return broken;
    }
    return NULL;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

/* Each figure is rounded for itself: sums miss by their roundings and no more, and the plan ends at nothing. `rounded`: the same plan with rounded
 * balances, of which it stays close where rounding has no interest on it. */
static const char *unrounded_broken(const struct plan_schedule *s)
{
    int64_t balance = s->amount_financed;
    for (size_t i = 0; i < s->row_count; i++) {
        const struct plan_row *row = &s->rows[i];
        if (row->opening_balance != balance || row->principal < 0 || row->interest < 0 || row->closing_balance < 0)
            return "unrounded balances do not chain, or a part is negative";
        if (distance(row->principal, row->opening_balance - row->closing_balance) > 1)
            return "unrounded principal is not what the balance falls by";
        if (distance(row->total, row->principal + row->interest + row->fees + row->tax) > 1)
            return "an unrounded total is not the sum of its parts";
        balance = row->closing_balance;
    }
    return balance ? "unrounded balances do not end at 0" : NULL;
}

static void check_unrounded(struct plan_terms terms)
{
    static struct plan_row rows[PLAN_INSTALLMENTS_MAX];
    static struct wide balances[PLAN_INSTALLMENTS_MAX + 1];
    struct plan_schedule schedule = { .rows = rows, .balances = balances };
    terms.rounding.carry = PLAN_CARRY_UNROUNDED;
    terms.rounding.unit = 1;
    if (!plan_ok(plan_build(&terms, &schedule)))
        return;
    const char *broken = unrounded_broken(&schedule);
    if (broken) {
        print_plan(&terms);
        fail_msg("%s", broken);
    }
}

static void random_plans_keep_their_promises(void **state)
{
    (void)state;
    static struct plan_row rows[PLAN_INSTALLMENTS_MAX], again[PLAN_INSTALLMENTS_MAX];
    const long plans = random_count(5000);
    long built = 0;
    for (long i = 0; i < plans; i++) {
        const struct plan_terms terms = random_terms();
        struct plan_schedule schedule = { .rows = rows }, repeated = { .rows = again };
        if (!plan_ok(plan_build(&terms, &schedule)))
            continue;
        built++;
        const char *broken = rounded_broken(&terms, &schedule);
        if (!plan_ok(plan_build(&terms, &repeated)) || !same_rows(rows, again, schedule.row_count))
            broken = "the same terms gave another schedule";
        if (!broken && !schedule.apr_nominal[0] && !schedule.effective_annual_rate[0] && terms.method == PLAN_INTEREST_FREE && !terms.fee_count)
            broken = "no rate was found";
        if (broken) {
            print_plan(&terms);
            fail_msg("%s", broken);
        }
        check_unrounded(terms);
    }
    assert_true(built > plans / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(random_plans_keep_their_promises) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
