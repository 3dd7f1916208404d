/* Pseudo-random plans of every shape the engine knows, the same for the same seed; for tests of what holds for all of them. */
#ifndef CUOTAS_TESTS_PLAN_RANDOM_H
#define CUOTAS_TESTS_PLAN_RANDOM_H

#include "plan_check.h"

#include "orders/plan_dates.h"

#include <stdlib.h>

static uint64_t seed;

static inline uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(2685821657736338717);
}

static inline int64_t between(int64_t lowest, int64_t highest)
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

static inline struct plan_terms random_terms(void)
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
    if (terms.frequency.unit == PLAN_SEMIMONTH && between(0, 9))
        terms.first_due_date = plan_date_of_day(&terms.frequency, terms.first_due_date);
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

static inline void print_plan(const struct plan_terms *t)
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

/* How many by CUOTAS_PLANS, else so many; where the sequence starts by CUOTAS_SEED. */
static inline long random_count(long otherwise)
{
    const char *count = getenv("CUOTAS_PLANS"), *start = getenv("CUOTAS_SEED");
    seed = start ? strtoull(start, NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) | 1 : UINT64_C(88172645463325252);
    return count ? atol(count) : otherwise;
}

#endif
