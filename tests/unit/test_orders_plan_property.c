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

static struct plan_terms random_terms(void)
{
    struct plan_terms terms = {
        .method = (enum plan_method)between(PLAN_ANNUITY, PLAN_INTEREST_FREE),
        .principal = magnitude(between(0, 9) ? INT64_C(1) << 40 : MONEY_MAX),
        .annual_rate = { magnitude(INT64_C(100000000000)), (int)between(6, 10) },
        .installments = (int)magnitude(PLAN_INSTALLMENTS_MAX),
        .frequency = random_frequency(),
        .start_date = (int32_t)between(day(1900, 1, 1), day(2200, 12, 31)),
        .day_count = (enum plan_day_count)between(PLAN_PERIOD, PLAN_ACTUAL_360),
        .rounding = { .mode = (enum rounding)between(ROUND_HALF_EVEN, ROUND_DOWN), .unit = between(0, 3) ? 1 : magnitude(1000000),
                      .residual = (enum plan_residual)between(PLAN_RESIDUAL_LAST, PLAN_RESIDUAL_FIRST) },
    };
    terms.deposit = random_deposit(terms.principal);
    terms.has_first_due_date = between(0, 3) == 0;
    terms.first_due_date = terms.start_date + (int32_t)magnitude(PLAN_FIRST_PERIOD_DAYS_MAX);
    return terms;
}

static void print_plan(const struct plan_terms *t)
{
    char start[11], first[11];
    date_format(t->start_date, start);
    date_format(t->first_due_date, first);
    fprintf(stderr, "method %d principal %lld rate %lld/10^%d n %d every %d of unit %d days %d,%d start %s first %d %s count %d "
                    "deposit %d %lld %lld rounding %d unit %lld residual %d\n",
            t->method, (long long)t->principal, (long long)t->annual_rate.digits, t->annual_rate.scale, t->installments,
            t->frequency.every, t->frequency.unit, t->frequency.days[0], t->frequency.days[1], start, t->has_first_due_date, first,
            t->day_count, t->deposit.type, (long long)t->deposit.amount, (long long)t->deposit.share.digits, t->rounding.mode,
            (long long)t->rounding.unit, t->rounding.residual);
}

/* Interest of each row is its exact value moved by less than one unit; the residual stands where it belongs. */
static const char *amounts_broken(const struct plan_terms *terms, const struct plan_schedule *s)
{
    for (size_t i = 0; i < s->row_count; i++) {
        const struct plan_row *row = &s->rows[i];
        const __int128 exact = (__int128)row->opening_balance * row->rate.numerator;
        const __int128 off = (__int128)row->interest * row->rate.denominator - exact;
        const __int128 most = (__int128)row->rate.denominator + (row->rate.numerator > row->rate.denominator ? row->rate.numerator : 0);
        if (off >= most || -off >= most)
            return "interest is a unit or more from its exact value";
        if (terms->method == PLAN_INTEREST_FREE && row->interest)
            return "interest in an interest-free plan";
    }
    return NULL;
}

/* Where no row had to be held at zero principal, all but the residual's row pay the same. */
static const char *level_broken(const struct plan_terms *terms, const struct plan_schedule *s)
{
    const bool first = terms->rounding.residual == PLAN_RESIDUAL_FIRST;
    for (size_t i = 0; i < s->row_count; i++)
        if (s->rows[i].principal == 0 || s->rows[i].closing_balance == 0)
            if (i + 1 != s->row_count || s->rows[i].principal == 0)
                return NULL;
    bool last_takes_it = true, first_takes_it = true;
    for (size_t i = 1; i < s->row_count; i++) {
        last_takes_it = last_takes_it && (i + 1 == s->row_count || s->rows[i].total == s->rows[0].total);
        first_takes_it = first_takes_it && s->rows[i].total == s->rows[1].total;
    }
    if (!first && !last_takes_it)
        return "the last row does not take the residual alone";
    return first && !first_takes_it && !last_takes_it ? "neither end takes the residual alone" : NULL;
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
        const char *broken = plan_broken(&terms, &schedule);
        broken = broken ? broken : amounts_broken(&terms, &schedule);
        broken = broken ? broken : level_broken(&terms, &schedule);
        if (!plan_ok(plan_build(&terms, &repeated)) || memcmp(rows, again, schedule.row_count * sizeof *rows) != 0)
            broken = "the same terms gave another schedule";
        if (!broken && !schedule.apr_nominal[0] && !schedule.effective_annual_rate[0] && terms.method == PLAN_INTEREST_FREE)
            broken = "no rate was found";
        if (broken) {
            print_plan(&terms);
            fail_msg("%s", broken);
        }
    }
    assert_true(built > plans / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(random_plans_keep_their_promises) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
