/* Walks the rows of a plan in force. A period's interest runs by its calendar days, whatever the day count: so what is owed on the due date is what the schedule
 * says, and what is owed after half of the days is half. Pure. */
#include "plan_standing.h"

#include "plan_rows.h"

static int64_t paid_for(const struct plan_in_force *plan, size_t row)
{
    return plan->paid ? plan->paid[row] : 0;
}

static int64_t cover(int64_t *money, int64_t part)
{
    const int64_t covered = *money < part ? *money : part;
    *money -= covered;
    return part - covered;
}

int64_t plan_tax_of_interest(const struct plan_terms *terms, int64_t interest, int64_t tax)
{
    return money_lesser(plan_share(interest, terms->tax_on_interest, 1, terms->rounding.mode), tax);
}

int64_t plan_tax_beside(const struct plan_terms *terms, int64_t interest, int64_t tax)
{
    return tax - plan_tax_of_interest(terms, interest, tax);
}

int64_t plan_tax_behind(const struct plan_in_force *plan, const struct plan_standing *at, int64_t interest)
{
    int64_t tax = 0;
    for (size_t i = at->kept; i < plan->row_count; i++)
        tax += plan_tax_of_interest(plan->terms, plan->rows[i].interest, plan->rows[i].tax);
    return plan_tax_of_interest(plan->terms, interest, tax);
}

struct plan_parts plan_unpaid(const struct plan_terms *terms, const struct plan_row *row, int64_t paid)
{
    const int64_t interest_tax = plan_tax_of_interest(terms, row->interest, row->tax), fees_tax = row->tax - interest_tax;
    struct plan_parts parts = { .fees = cover(&paid, row->fees), .tax = cover(&paid, fees_tax) };
    const int64_t taxed = row->interest + interest_tax, covered = taxed - cover(&paid, taxed);
    const int64_t interest_paid = taxed ? (int64_t)((__int128)covered * row->interest / taxed) : 0;
    parts.interest = row->interest - interest_paid;
    parts.tax += interest_tax - (covered - interest_paid);
    parts.principal = cover(&paid, row->principal);
    return parts;
}

/* Interest of a row that has run by the date. */
static int64_t run_by(const struct plan_terms *terms, const struct plan_row *row, int32_t date)
{
    const int32_t passed = date - (row->due_date - row->days);
    if (passed <= 0)
        return 0;
    /* Add-on interest runs on no balance: of what it gives this row. */
    const __int128 numerator = terms->method == PLAN_FLAT ? (__int128)row->accrued : (__int128)row->opening_balance * row->rate.numerator;
    const __int128 denominator = terms->method == PLAN_FLAT ? 1 : row->rate.denominator;
    const int64_t run = money_divide(numerator * passed, denominator * row->days, terms->rounding.mode);
    return run < row->accrued ? run : row->accrued;
}

static bool is_kept(const struct plan_in_force *plan, size_t row)
{
    const struct plan_row *at = &plan->rows[row];
    return at->due_date <= plan->date || (at->total > 0 && paid_for(plan, row) == at->total);
}

static struct plan_fault check(const struct plan_in_force *plan)
{
    if (plan->row_count > 0 && plan->date < plan->rows[0].due_date - plan->rows[0].days)
        return (struct plan_fault){ .pointer = "/date", .code = "range", .detail = "must not be before the start" };
    for (size_t i = 0; i < plan->row_count; i++)
        if (paid_for(plan, i) < 0 || paid_for(plan, i) > plan->rows[i].total)
            return (struct plan_fault){ .pointer = "/paid", .code = "range", .detail = "is for each row at most its total" };
    return plan_fine;
}

struct plan_fault plan_standing_of(const struct plan_in_force *plan, struct plan_standing *out)
{
    const struct plan_fault fault = check(plan);
    if (!plan_ok(fault))
        return fault;
    *out = (struct plan_standing){ .from = plan->date };
    for (; out->kept < plan->row_count && is_kept(plan, out->kept); out->kept++) {
        const struct plan_parts unpaid = plan_unpaid(plan->terms, &plan->rows[out->kept], paid_for(plan, out->kept));
        out->arrears.principal += unpaid.principal;
        out->arrears.interest += unpaid.interest;
        out->arrears.fees += unpaid.fees;
        out->arrears.tax += unpaid.tax;
    }
    if (out->kept == plan->row_count)
        return plan_fine;
    const struct plan_row *first = &plan->rows[out->kept];
    if (first->due_date - first->days > out->from)
        out->from = first->due_date - first->days;
    out->balance = first->opening_balance;
    out->carried = first->brought;
    out->run = run_by(plan->terms, first, plan->date);
    out->running = plan->date > first->due_date - first->days ? first->accrued - out->run : 0;
    out->unearned = -out->run;
    for (size_t i = out->kept; i < plan->row_count; i++) {
        if (i > out->kept && plan->rows[i].opening_balance != plan->rows[i - 1].closing_balance)
            return (struct plan_fault){ .pointer = "/date", .code = "range", .detail = "is before a prepayment that was made already" };
        out->unearned += plan->rows[i].accrued;
        out->ahead += paid_for(plan, i);
        out->carried_fees += plan->rows[i].brought_fees;
        out->carried_tax += plan->rows[i].brought_tax;
    }
    return plan_fine;
}

/* Of all interest of the plan k(k+1) / n(n+1), k being the periods that have not begun. */
static int64_t rule_of_78(const struct plan_in_force *plan, const struct plan_standing *standing)
{
    const bool begun = standing->kept < plan->row_count && standing->from > plan->rows[standing->kept].due_date - plan->rows[standing->kept].days;
    const int64_t n = (int64_t)plan->row_count, k = n - (int64_t)standing->kept - begun;
    int64_t interest = 0;
    for (size_t i = 0; i < plan->row_count; i++)
        interest += plan->rows[i].accrued;
    return money_divide((__int128)interest * k * (k + 1), (__int128)n * (n + 1), plan->terms->rounding.mode);
}

int64_t plan_rebate_of(const struct plan_in_force *plan, const struct plan_standing *standing, enum plan_rebate rebate)
{
    int64_t unearned = standing->unearned;
    if (rebate == PLAN_REBATE_NONE)
        return 0;
    if (rebate == PLAN_REBATE_PERIOD)
        unearned -= standing->running;
    if (rebate == PLAN_REBATE_RULE_OF_78) {
        const int64_t by_digits = rule_of_78(plan, standing), most = standing->carried + standing->run + standing->unearned;
        unearned = by_digits < most ? by_digits : most;
    }
    return unearned > 0 ? unearned : 0;
}
