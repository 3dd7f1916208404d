/* What the tests of the engine share: ordinary terms to vary, and the promises every schedule keeps (plan.h). */
#ifndef CUOTAS_TESTS_PLAN_CHECK_H
#define CUOTAS_TESTS_PLAN_CHECK_H

#include "base/date.h"
#include "orders/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static inline int32_t day(int year, int month, int day_of_month)
{
    return date_from_civil((struct civil){ year, month, day_of_month });
}

static inline struct plan_terms terms_of(int64_t principal, int64_t rate_basis_points, int installments)
{
    return (struct plan_terms){ .method = PLAN_ANNUITY, .principal = principal, .annual_rate = { rate_basis_points, 4 },
                                .installments = installments, .frequency = { .unit = PLAN_MONTH, .every = 1 },
                                .start_date = day(2026, 1, 15), .rounding = { .mode = ROUND_HALF_EVEN, .unit = 1 } };
}

/* In every member; `rests` says something of level plans only. */
static inline bool same_row(const struct plan_row *a, const struct plan_row *b)
{
    return a->number == b->number && a->due_date == b->due_date && a->days == b->days && a->rate.numerator == b->rate.numerator &&
           a->rate.denominator == b->rate.denominator && a->accrued == b->accrued && a->brought == b->brought && a->brought_fees == b->brought_fees &&
           a->brought_tax == b->brought_tax && a->opening_balance == b->opening_balance &&
           a->principal == b->principal && a->interest == b->interest && a->fees == b->fees && a->tax == b->tax && a->total == b->total &&
           a->closing_balance == b->closing_balance;
}

static inline bool same_rows(const struct plan_row *a, const struct plan_row *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!same_row(&a[i], &b[i]))
            return false;
    return true;
}

/* The first broken promise, or NULL. */
static inline const char *plan_broken(const struct plan_terms *terms, const struct plan_schedule *s)
{
    if (s->deposit < 0 || s->deposit + s->credit != terms->principal || s->amount_financed < s->credit ||
        s->row_count != (size_t)terms->installments)
        return "deposit and credit are not the principal, less is financed, or rows are missing";
    int64_t balance = s->amount_financed;
    struct plan_totals sum = { 0 };
    int32_t date = terms->start_date;
    for (size_t i = 0; i < s->row_count; i++) {
        const struct plan_row *row = &s->rows[i];
        if (row->number != (int)i + 1 || row->due_date <= date || row->days != row->due_date - date)
            return "numbers or dates are out of order";
        if (row->opening_balance != balance || row->closing_balance != balance - row->principal)
            return "balances do not chain";
        if (row->principal < 0 || row->interest < 0 || row->fees < 0 || row->tax < 0 || row->closing_balance < 0)
            return "a part is negative";
        if (row->total != row->principal + row->interest + row->fees + row->tax)
            return "a total is not the sum of its parts";
        balance = row->closing_balance;
        date = row->due_date;
        sum.principal += row->principal;
        sum.interest += row->interest;
        sum.fees += row->fees;
        sum.tax += row->tax;
        sum.total += row->total;
    }
    if (balance != 0 || sum.principal != s->amount_financed)
        return "the principals do not add up to the amount financed";
    if (sum.fees != s->totals.fees || sum.tax != s->totals.tax || sum.interest != s->totals.interest || sum.principal != s->totals.principal ||
        sum.total != s->totals.total)
        return "the totals are not the sums of the rows";
    return NULL;
}

static inline void assert_plan_holds(const struct plan_terms *terms, const struct plan_schedule *schedule)
{
    const char *broken = plan_broken(terms, schedule);
    if (broken)
        fail_msg("%s", broken);
}

static inline void build(const struct plan_terms *terms, struct plan_schedule *schedule, struct plan_row *rows)
{
    schedule->rows = rows;
    const struct plan_fault fault = plan_build(terms, schedule);
    if (!plan_ok(fault))
        fail_msg("refused: %s %s %s", fault.pointer, fault.code, fault.detail);
    assert_plan_holds(terms, schedule);
}

#endif
