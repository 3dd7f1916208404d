/* Builds a schedule from checked terms: deposit, due dates, the rate of each period, then the rows. Interest is rounded once a row;
 * the level payment is rounded once; what rounding leaves over goes to one row. Pure.
 *
 * Residual first: opening balances are found backwards from 0, so that every later total is exactly the level payment. Where no
 * whole balance does that with its rounded interest, the interest of that row is the other neighbour of the exact figure. When
 * the first row cannot bear the residual (it would need a negative part), the last takes it. */
#include "plan.h"

#include "plan_dates.h"
#include "plan_factor.h"
#include "plan_rates.h"

static const struct plan_fault fine = { NULL, NULL, NULL };

static int64_t deposit_of(const struct plan_terms *terms)
{
    const struct plan_deposit *deposit = &terms->deposit;
    const int64_t unit = terms->rounding.unit;
    if (deposit->type == PLAN_DEPOSIT_FIXED)
        return deposit->amount;
    if (deposit->type == PLAN_DEPOSIT_NONE)
        return 0;
    const __int128 exact = (__int128)terms->principal * deposit->share.digits;
    return money_divide(exact, (__int128)plan_power_of_ten(deposit->share.scale) * unit, terms->rounding.mode) * unit;
}

static struct plan_rate rate_of(const struct plan_terms *terms, int32_t from, int32_t to)
{
    if (terms->method == PLAN_INTEREST_FREE)
        return (struct plan_rate){ 0, 1 };
    int64_t numerator, denominator;
    plan_year_fraction(terms->day_count, &terms->frequency, from, to, &numerator, &denominator);
    return (struct plan_rate){ terms->annual_rate.digits * numerator, plan_power_of_ten(terms->annual_rate.scale) * denominator };
}

static void fill_rates(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    int32_t from = terms->start_date;
    for (size_t i = 0; i < schedule->row_count; i++) {
        struct plan_row *row = &schedule->rows[i];
        row->rate = rate_of(terms, from, row->due_date);
        from = row->due_date;
    }
}

static int64_t interest_on(int64_t balance, struct plan_rate rate, enum rounding mode)
{
    return rate.numerator ? money_divide((__int128)balance * rate.numerator, rate.denominator, mode) : 0;
}

static void set_row(struct plan_row *row, int64_t opening, int64_t principal, int64_t interest)
{
    row->opening_balance = opening;
    row->principal = principal;
    row->interest = interest;
    row->fees = 0;
    row->tax = 0;
    row->total = principal + interest;
    row->closing_balance = opening - principal;
}

static int64_t within(int64_t value, int64_t lowest, int64_t highest)
{
    return value < lowest ? lowest : value > highest ? highest : value;
}

/* Forwards; the last row takes what is left. */
static void fill_residual_last(struct plan_schedule *schedule, size_t first_level, int64_t level, enum rounding mode)
{
    int64_t balance = schedule->amount_financed;
    for (size_t i = 0; i < schedule->row_count; i++) {
        struct plan_row *row = &schedule->rows[i];
        const int64_t interest = interest_on(balance, row->rate, mode);
        int64_t principal = i < first_level ? 0 : within(level - interest, 0, balance);
        if (i + 1 == schedule->row_count)
            principal = balance;
        set_row(row, balance, principal, interest);
        balance -= principal;
    }
}

/* The balance that, with its interest, pays `level` and leaves `closing`. */
static void solve_backwards(struct plan_row *row, int64_t level, int64_t closing, enum rounding mode)
{
    const __int128 n = row->rate.numerator, d = row->rate.denominator;
    const int64_t target = level + closing;
    int64_t balance = (int64_t)((__int128)target * d / (d + n));
    while (balance + interest_on(balance, row->rate, mode) > target)
        balance--;
    while (balance + 1 + interest_on(balance + 1, row->rate, mode) <= target)
        balance++;
    int64_t interest = target - balance;
    if (interest != interest_on(balance, row->rate, mode)) {
        const __int128 above = interest * d - balance * n, below = (balance + 1) * n - (interest - 1) * d;
        if (below < above) {
            balance++;
            interest--;
        }
    }
    set_row(row, balance, balance - closing, interest);
}

/* Backwards; the first row takes what is left. False when it cannot. */
static bool fill_residual_first(struct plan_schedule *schedule, size_t first_level, int64_t level, enum rounding mode)
{
    int64_t closing = 0;
    for (size_t i = schedule->row_count; i-- > 1;) {
        struct plan_row *row = &schedule->rows[i];
        if (i < first_level)
            set_row(row, closing, 0, interest_on(closing, row->rate, mode));
        else
            solve_backwards(row, level, closing, mode);
        if (row->principal < 0 || row->interest < 0)
            return false;
        closing = row->opening_balance;
    }
    const int64_t financed = schedule->amount_financed;
    set_row(&schedule->rows[0], financed, financed - closing, interest_on(financed, schedule->rows[0].rate, mode));
    return closing <= financed;
}

static bool fill_level_rows(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const struct plan_rounding *rounding = &terms->rounding;
    size_t first_level;
    int64_t level;
    const struct wide sum = plan_factor_sum(schedule->rows, schedule->row_count, &first_level);
    if (!plan_factor_payment(schedule->amount_financed, sum, rounding, &level))
        return false;
    if (rounding->residual == PLAN_RESIDUAL_LAST || !fill_residual_first(schedule, first_level, level, rounding->mode))
        fill_residual_last(schedule, first_level, level, rounding->mode);
    return true;
}

static bool add_totals(struct plan_schedule *schedule)
{
    struct plan_totals *totals = &schedule->totals;
    int64_t payable = schedule->deposit;
    *totals = (struct plan_totals){ 0 };
    for (size_t i = 0; i < schedule->row_count; i++) {
        const struct plan_row *row = &schedule->rows[i];
        if (!money_add(payable, row->total, &payable))
            return false;
        totals->principal += row->principal;
        totals->interest += row->interest;
        totals->fees += row->fees;
        totals->tax += row->tax;
        totals->total += row->total;
    }
    return true;
}

struct plan_fault plan_build(const struct plan_terms *terms, struct plan_schedule *out)
{
    const struct plan_fault found = plan_check(terms);
    if (!plan_ok(found))
        return found;
    out->row_count = (size_t)terms->installments;
    out->deposit = deposit_of(terms);
    if (out->deposit >= terms->principal)
        return (struct plan_fault){ "/deposit", "range", "leaves nothing to pay in installments once rounded" };
    out->amount_financed = terms->principal - out->deposit;
    plan_dates_fill(terms, out->rows);
    fill_rates(terms, out);
    if (!fill_level_rows(terms, out) || !add_totals(out))
        return (struct plan_fault){ "/principal", "range", "what is to be paid exceeds 9007199254740991" };
    plan_rates_fill(terms, out);
    return fine;
}
