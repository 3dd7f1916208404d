/* Random changes of random plans, and what holds for the rows that any of them makes. */
#ifndef CUOTAS_TESTS_PLAN_CHANGES_H
#define CUOTAS_TESTS_PLAN_CHANGES_H

#include "plan_random.h"

#include "orders/plan_change.h"
#include "orders/plan_rows.h"
#include "orders/plan_standing.h"

static int64_t paid_now[PLAN_INSTALLMENTS_MAX];

static inline int64_t sum_paid(const int64_t *paid, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; paid && i < count; i++)
        sum += paid[i];
    return sum;
}

static inline const char *rows_broken(const struct plan_changed *c, int32_t date)
{
    struct plan_totals sum = { 0 };
    int32_t due = 0;
    for (size_t i = 0; i < c->row_count; i++) {
        const struct plan_row *row = &c->rows[i];
        if (row->number != (int)i + 1 || (i > 0 && row->due_date <= due) || row->days < 1)
            return "numbers or dates are out of order";
        if (i >= c->kept && row->due_date <= date)
            return "a new row is due already";
        if (row->principal < 0 || row->interest < 0 || row->fees < 0 || row->tax < 0 || row->accrued < 0 || row->brought < 0 || row->closing_balance < 0)
            return "a part is negative";
        if (row->total != row->principal + row->interest + row->fees + row->tax)
            return "a total is not the sum of its parts";
        if (row->closing_balance != row->opening_balance - row->principal || (i > c->kept && row->opening_balance != c->rows[i - 1].closing_balance))
            return "balances do not chain";
        if (c->paid[i] < 0 || c->paid[i] > row->total)
            return "more is paid for a row than it is";
        due = row->due_date;
        sum.principal += row->principal;
        sum.interest += row->interest;
        sum.total += row->total;
    }
    if (c->kept < c->row_count && c->rows[c->row_count - 1].closing_balance != 0)
        return "balances do not end at 0";
    return sum.principal != c->totals.principal || sum.interest != c->totals.interest || sum.total != c->totals.total ? "the totals are not the sums" : NULL;
}

/* Interest runs on the new balance, and what was brought comes with it; all of it falls due. */
static inline const char *interest_broken(const struct plan_changed *c, enum plan_method method)
{
    int64_t brought = c->brought;
    for (size_t i = c->kept; i < c->row_count; i++) {
        const struct plan_row *row = &c->rows[i];
        const __int128 off = (__int128)row->accrued * row->rate.denominator - (__int128)row->opening_balance * row->rate.numerator;
        if (method != PLAN_FLAT && (off >= row->rate.denominator || -off >= row->rate.denominator))
            return "interest is a unit or more from its exact value";
        if (row->brought != brought || (row->interest != 0 && row->interest != brought + row->accrued))
            return "interest brought does not chain";
        brought += row->accrued - row->interest;
    }
    return brought ? "interest was lost" : NULL;
}

/* ---- Fees ---- */

/* What the terms charge for rows of these numbers, but for what a change moved into them; `tax`: on that. */
static inline int64_t fees_of_terms(const struct plan_terms *sale, const struct plan_row *rows, size_t count, int64_t *tax)
{
    struct plan_schedule start = { 0 };
    struct plan_row_charges charges;
    assert_true(plan_ok(plan_charges_at_start(sale, &start)) && plan_charges_each(sale, start.credit, &charges));
    int64_t sum = 0;
    *tax = 0;
    for (size_t i = 0; i < count; i++) {
        sum += charges.each + (rows[i].number == 1 ? charges.first : 0);
        *tax += charges.each_tax + (rows[i].number == 1 ? charges.first_tax : 0);
    }
    return sum;
}

static inline int64_t sum_fees(const struct plan_row *rows, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += rows[i].fees;
    return sum;
}

static inline void print_rows(const struct plan_in_force *plan)
{
    char date[11];
    date_format(plan->date, date);
    fprintf(stderr, "as of %s\n", date);
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct plan_row *row = &plan->rows[i];
        date_format(row->due_date, date);
        fprintf(stderr, "%3d %s %4d days, %lld: principal %lld interest %lld (accrued %lld brought %lld) fees %lld tax %lld total %lld paid %lld\n", row->number, date,
                row->days, (long long)row->opening_balance, (long long)row->principal, (long long)row->interest, (long long)row->accrued, (long long)row->brought,
                (long long)row->fees, (long long)row->tax, (long long)row->total, (long long)(plan->paid ? plan->paid[i] : 0));
    }
}

/* The first rows paid, in part the next; mostly what is due. */
static inline void random_payments(struct plan_in_force *plan)
{
    size_t full = (size_t)between(0, (int64_t)plan->row_count - 1);
    const int32_t date = plan->rows[full].due_date - (int32_t)between(0, plan->rows[full].days);
    plan->date = date > plan->date ? date : plan->date;
    if (between(0, 3) == 0)
        full = (size_t)between(0, (int64_t)plan->row_count - 1);
    for (size_t i = 0; i < plan->row_count; i++) {
        const int64_t before = plan->paid ? plan->paid[i] : 0, now = i < full ? plan->rows[i].total : i == full && between(0, 1) ? between(0, plan->rows[i].total) : 0;
        paid_now[i] = now > before ? now : before;
    }
    plan->paid = paid_now;
}

static inline struct plan_change random_change(const struct plan_in_force *plan)
{
    struct plan_change change = { .type = (enum plan_change_type)between(PLAN_PREPAY, PLAN_DUE_DAY) };
    change.amount = magnitude(plan->rows[between(0, (int64_t)plan->row_count - 1)].opening_balance + 1);
    if (change.type == PLAN_PREPAY) {
        change.choice = (enum plan_prepay_choice)between(PLAN_SHORTER_TERM, PLAN_NEXT_INSTALLMENTS);
        change.rebate = (enum plan_rebate)between(PLAN_REBATE_ACTUARIAL, PLAN_REBATE_NONE);
    }
    if (change.type == PLAN_RESCHEDULE) {
        change.installments = between(0, 1) ? (int)magnitude(60) : 0;
        change.has_annual_rate = between(0, 2) == 0;
        change.annual_rate = (struct decimal){ magnitude(INT64_C(10000000000)), (int)between(6, 10) };
        change.has_frequency = between(0, 3) == 0;
        change.frequency = random_frequency();
        change.has_first_due_date = between(0, 2) == 0;
        change.first_due_date = plan->date + (int32_t)magnitude(800);
        change.arrears = (enum plan_arrears)between(PLAN_ARREARS_KEEP, PLAN_ARREARS_SPREAD);
    }
    change.periods = (int)magnitude(12);
    change.same_end = between(0, 1);
    change.days[0] = (int)between(1, 27);
    change.days[1] = (int)between(change.days[0] + 1, 31);
    if (between(0, 1) && plan->terms->frequency.unit == PLAN_MONTH)
        change.days[0] = (int)between(28, 31);
    return change;
}

#endif
