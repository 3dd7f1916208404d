/* Thousands of pseudo-random plans of every shape the engine knows: each is refused with a reason or keeps every promise of plan.h.
 * CUOTAS_PLANS sets how many (default 5000), CUOTAS_SEED where the sequence starts. A failure prints the plan. */
#include "plan_check.h"

#include <stdlib.h>
#include <string.h>

static uint64_t seed;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(2685821657736338717);
}

static int64_t between(int64_t lowest, int64_t highest)
{
    return lowest + (int64_t)(next_random() % (uint64_t)(highest - lowest + 1));
}

/* Spread over the magnitudes: as many small ones as large ones. */
static int64_t magnitude(int64_t highest)
{
    const int bits = 64 - __builtin_clzll((uint64_t)highest);
    const int64_t value = between(1, INT64_C(1) << between(0, bits - 1));
    return value < highest ? value : highest;
}

static struct plan_frequency random_frequency(void)
{
    static const int most[] = { 365, 52, 24, 12 };
    struct plan_frequency frequency = { .unit = (enum plan_unit)between(PLAN_DAY, PLAN_MONTH), .every = 1 };
    if (between(0, 2) == 0)
        frequency.every = (int)between(1, most[frequency.unit]);
    if (frequency.unit == PLAN_SEMIMONTH) {
        frequency.days[0] = (int)between(1, 27);
        frequency.days[1] = (int)between(frequency.days[0] + 1, 31);
    }
    return frequency;
}

static struct plan_deposit random_deposit(int64_t principal)
{
    struct plan_deposit deposit = { .type = (enum plan_deposit_type)between(PLAN_DEPOSIT_NONE, PLAN_DEPOSIT_PERCENT) };
    deposit.amount = between(0, principal - 1);
    deposit.share = (struct decimal){ between(0, 9999), 4 };
    return deposit;
}

/* ---- What a plan points to: one at a time ---- */
static struct plan_fee fees[PLAN_FEES_MAX];
static struct plan_custom_row custom[PLAN_INSTALLMENTS_MAX];

static void random_fees(struct plan_terms *terms)
{
    terms->fees = fees;
    terms->fee_count = between(0, 2) ? 0 : (size_t)between(1, 4);
    for (size_t i = 0; i < terms->fee_count; i++)
        fees[i] = (struct plan_fee){ .charged = (enum plan_fee_charged)between(PLAN_FEE_UPFRONT, PLAN_FEE_EACH), .percent = between(0, 1),
                                     .amount = magnitude(terms->principal), .share = { between(0, 2000), 4 } };
    if (between(0, 2) == 0)
        terms->tax_on_interest = (struct decimal){ between(0, 2500), 4 };
    if (between(0, 2) == 0)
        terms->tax_on_fees = (struct decimal){ between(0, 2500), 4 };
}

/* Shares of all sizes that make up one. */
static void random_custom(struct plan_terms *terms)
{
    const int64_t whole = INT64_C(10000000000);
    int64_t left = whole;
    int32_t date = terms->start_date;
    terms->rows = custom;
    terms->has_first_due_date = false;
    for (int i = 0; i < terms->installments; i++) {
        const bool last = i + 1 == terms->installments;
        const int64_t share = last ? left : between(0, left / (between(0, 1) ? terms->installments - i : 1));
        date += (int32_t)between(1, between(0, 5) ? 40 : PLAN_PERIOD_DAYS_MAX);
        custom[i] = (struct plan_custom_row){ .due_date = date, .percent = true, .share = { share, 10 } };
        left -= share;
    }
}

/* A weekend, and often a country's holidays. */
static void random_closed_days(struct plan_terms *terms)
{
    static struct calendar_cache cache;
    static struct closed_days closed;
    closed = (struct closed_days){ .weekend = 1u << 5 | 1u << 6, .cache = &cache,
                                   .calendar = between(0, 1) ? calendar_find(between(0, 1) ? SLICE("CO") : SLICE("US")) : NULL };
    terms->closed = &closed;
    terms->business_day = (enum business_day_convention)between(BUSINESS_DAY_NONE, BUSINESS_DAY_NEAREST);
}

static struct plan_terms random_terms(void)
{
    struct plan_terms terms = {
        .method = (enum plan_method)between(PLAN_ANNUITY, PLAN_CUSTOM),
        .principal = magnitude(between(0, 9) ? INT64_C(1) << 40 : MONEY_MAX),
        .annual_rate = { magnitude(INT64_C(100000000000)), (int)between(6, 10) },
        .installments = (int)magnitude(PLAN_INSTALLMENTS_MAX),
        .frequency = random_frequency(),
        .start_date = (int32_t)between(day(1900, 1, 1), day(2200, 12, 31)),
        .end_of_month = between(0, 1),
        .day_count = (enum plan_day_count)between(PLAN_PERIOD, PLAN_ACTUAL_ACTUAL),
        .rounding = { .mode = (enum rounding)between(ROUND_HALF_EVEN, ROUND_DOWN), .unit = between(0, 3) ? 1 : magnitude(1000000),
                      .residual = (enum plan_residual)between(PLAN_RESIDUAL_LAST, PLAN_RESIDUAL_FIRST) },
    };
    terms.deposit = random_deposit(terms.principal);
    terms.has_first_due_date = between(0, 3) == 0;
    terms.first_due_date = terms.start_date + (int32_t)magnitude(PLAN_PERIOD_DAYS_MAX);
    if (between(0, 2) == 0 && terms.method != PLAN_CUSTOM && terms.method != PLAN_INTEREST_ONLY)
        terms.grace.principal = (int)between(0, terms.installments - 1);
    if (between(0, 2) == 0)
        terms.grace.interest = (int)between(0, terms.installments - 1);
    terms.grace.interest_carried = between(0, 1);
    if (terms.method == PLAN_BALLOON)
        terms.balloon = magnitude(terms.principal - (terms.deposit.type == PLAN_DEPOSIT_FIXED ? terms.deposit.amount : 0));
    if (terms.method == PLAN_CUSTOM)
        random_custom(&terms);
    random_fees(&terms);
    if (between(0, 3) == 0)
        random_closed_days(&terms);
    return terms;
}

static void print_plan(const struct plan_terms *t)
{
    char start[11], first[11];
    date_format(t->start_date, start);
    date_format(t->first_due_date, first);
    fprintf(stderr, "method %d principal %lld rate %lld/10^%d n %d every %d of unit %d days %d,%d start %s first %d %s count %d "
                    "deposit %d %lld %lld rounding %d unit %lld residual %d grace %d %d %d fees %zu balloon %lld month end %d tax %lld %lld\n",
            t->method, (long long)t->principal, (long long)t->annual_rate.digits, t->annual_rate.scale, t->installments,
            t->frequency.every, t->frequency.unit, t->frequency.days[0], t->frequency.days[1], start, t->has_first_due_date, first,
            t->day_count, t->deposit.type, (long long)t->deposit.amount, (long long)t->deposit.share.digits, t->rounding.mode,
            (long long)t->rounding.unit, t->rounding.residual, t->grace.principal, t->grace.interest, t->grace.interest_carried, t->fee_count,
            (long long)t->balloon, t->end_of_month, (long long)t->tax_on_interest.digits, (long long)t->tax_on_fees.digits);
}

/* Interest accrued in each row is its exact value moved by less than one unit; all of it falls due, in the row or after the grace. */
static const char *interest_broken(const struct plan_terms *terms, const struct plan_schedule *s)
{
    __int128 accrued = 0, due = 0;
    for (size_t i = 0; i < s->row_count; i++) {
        const struct plan_row *row = &s->rows[i];
        const __int128 exact = (__int128)row->opening_balance * row->rate.numerator;
        const __int128 off = (__int128)row->accrued * row->rate.denominator - exact;
        const __int128 most = (__int128)row->rate.denominator + (row->rate.numerator > row->rate.denominator ? row->rate.numerator : 0);
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
    const char *count = getenv("CUOTAS_PLANS"), *start = getenv("CUOTAS_SEED");
    const long plans = count ? atol(count) : 5000;
    seed = start ? strtoull(start, NULL, 10) | 1 : UINT64_C(88172645463325252);
    long built = 0;
    for (long i = 0; i < plans; i++) {
        const struct plan_terms terms = random_terms();
        struct plan_schedule schedule = { .rows = rows }, repeated = { .rows = again };
        if (!plan_ok(plan_build(&terms, &schedule)))
            continue;
        built++;
        const char *broken = rounded_broken(&terms, &schedule);
        if (!plan_ok(plan_build(&terms, &repeated)) || memcmp(rows, again, schedule.row_count * sizeof *rows) != 0)
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
