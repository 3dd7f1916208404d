/* Walks the unpaid rows: those that are due count as they are, the rest lose the interest that has not been earned. A period's interest is earned by its
 * calendar days, whatever the day count: so what is owed on the due date is what the schedule says, and what is owed after half of the days is half. Pure. */
#include "plan_payoff.h"

#include "plan_rows.h"

/* Interest of a row that has run by `date`, which is after the row's beginning. */
static int64_t earned(const struct plan_terms *terms, const struct plan_row *row, int32_t date)
{
    const int32_t from = row->due_date - row->days;
    if (date <= from)
        return 0;
    if (terms->method == PLAN_FLAT)   /* of what add-on interest gives this row */
        return money_divide((__int128)row->accrued * (date - from), row->days, terms->rounding.mode);
    const __int128 numerator = (__int128)row->opening_balance * row->rate.numerator * (date - from);
    return money_divide(numerator, (__int128)row->rate.denominator * row->days, terms->rounding.mode);
}

/* What is owed of the interest that the rows from `next` on accrue. */
static int64_t interest_actuarial(const struct plan_terms *terms, const struct plan_schedule *schedule, size_t next, int32_t date)
{
    return next < schedule->row_count ? earned(terms, &schedule->rows[next], date) : 0;
}

/* Of the whole plan's interest all but k(k+1) / n(n+1), k being the periods that have not begun; less what earlier rows have taken. */
static int64_t interest_rule_of_78(const struct plan_terms *terms, const struct plan_schedule *schedule, size_t next, int32_t date, int64_t taken)
{
    const bool begun = next < schedule->row_count && date > schedule->rows[next].due_date - schedule->rows[next].days;
    const int64_t n = (int64_t)schedule->row_count, k = n - (int64_t)next - begun;
    const int64_t unearned = money_divide((__int128)schedule->totals.interest * k * (k + 1), (__int128)n * (n + 1), terms->rounding.mode);
    const int64_t owed = schedule->totals.interest - unearned - taken;
    return owed > 0 ? owed : 0;
}

struct walk {
    size_t next;              /* the first row that is not due yet */
    int64_t taken;            /* interest of rows before it, paid or due */
    int64_t carried;          /* accrued by them and not due: a grace is under way */
};

static struct walk walk_due(const struct plan_schedule *schedule, int32_t date, size_t paid, struct plan_payoff *out)
{
    struct walk walk = { 0 };
    for (; walk.next < schedule->row_count; walk.next++) {
        const struct plan_row *row = &schedule->rows[walk.next];
        if (walk.next >= paid && row->due_date > date)
            break;
        walk.taken += row->interest;
        walk.carried += row->accrued - row->interest;
        if (walk.next < paid)
            continue;
        out->principal += row->principal;
        out->interest += row->interest;
        out->fees += row->fees;
        out->tax += row->tax;
    }
    return walk;
}

struct plan_fault plan_payoff_of(const struct plan_terms *terms, const struct plan_schedule *schedule, int32_t date, int paid, enum plan_rebate rebate,
                                 struct plan_payoff *out)
{
    if (paid < 0 || (size_t)paid > schedule->row_count)
        return (struct plan_fault){ "/paid", "range", "must be at most the installments" };
    if (date < terms->start_date)
        return (struct plan_fault){ "/date", "range", "must not be before the start" };
    *out = (struct plan_payoff){ 0 };
    const struct walk walk = walk_due(schedule, date, (size_t)paid, out);
    const int64_t scheduled = schedule->totals.interest - walk.taken;
    int64_t running = scheduled;
    if (rebate == PLAN_REBATE_ACTUARIAL)
        running = walk.carried + interest_actuarial(terms, schedule, walk.next, date);
    else if (rebate == PLAN_REBATE_RULE_OF_78)
        running = interest_rule_of_78(terms, schedule, walk.next, date, walk.taken);
    if (running > scheduled)   /* rounding of the last rows */
        running = scheduled;
    for (size_t i = walk.next; i < schedule->row_count; i++)
        out->principal += schedule->rows[i].principal;
    out->interest += running;
    out->tax += plan_share(running, terms->tax_on_interest, 1, terms->rounding.mode);
    out->rebate = scheduled - running;
    out->total = out->principal + out->interest + out->fees + out->tax;
    return plan_fine;
}
