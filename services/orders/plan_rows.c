/* Principal, interest and balances, in whole minor units. Interest is rounded once a row; the level payment, or the equal part, is rounded
 * once; what rounding leaves over goes to one row: the last, or the first that repays. Pure.
 *
 * Residual first, with interest on the balance: opening balances are found backwards from 0, so that every later total is exactly the level
 * payment. Where no whole balance does that with its rounded interest, the interest of that row is the other neighbour of the exact figure.
 * When the first row cannot bear the residual (it would need a negative part), or a period's rate is above 1 (no neighbour would do), the last takes it.
 *
 * Interest brought from before a change is due with the first row behind the grace. Where that is the first of all and repays, it is part of what is level. */
#include "plan_rows.h"

#include "plan_factor.h"

static int64_t interest_on(int64_t balance, struct plan_rate rate, enum rounding mode)
{
    return rate.numerator ? money_divide((__int128)balance * rate.numerator, rate.denominator, mode) : 0;
}

static void set_row(struct plan_row *row, int64_t opening, int64_t principal, int64_t accrued)
{
    row->opening_balance = opening;
    row->principal = principal;
    row->accrued = accrued;
    row->closing_balance = opening - principal;
}

static int64_t within(int64_t value, int64_t lowest, int64_t highest)
{
    return value < lowest ? lowest : value > highest ? highest : value;
}

/* ---- Level payments --------------------------------------------------------------------------------------------------------------- */

/* Forwards; the last row takes what is left. `joined`: interest brought that is part of the first row's level payment. */
static void level_residual_last(struct plan_schedule *schedule, int64_t level, int64_t joined, enum rounding mode)
{
    int64_t balance = schedule->amount_financed;
    for (size_t i = 0; i < schedule->row_count; i++) {
        struct plan_row *row = &schedule->rows[i];
        const int64_t interest = interest_on(balance, row->rate, mode);
        int64_t principal = row->rests ? 0 : within(level - interest - (i == 0 ? joined : 0), 0, balance);
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

/* Backwards; the first row that repays takes what is left. False when it cannot. */
static bool level_residual_first(struct plan_schedule *schedule, int64_t level, int64_t balloon, enum rounding mode)
{
    const int64_t financed = schedule->amount_financed;
    size_t first = 0;
    while (schedule->rows[first].rests)
        first++;
    int64_t closing = 0;
    for (size_t i = schedule->row_count; i-- > first + 1;) {
        struct plan_row *row = &schedule->rows[i];
        if (row->rate.numerator > row->rate.denominator)
            return false;
        if (row->rests)
            set_row(row, closing, 0, interest_on(closing, row->rate, mode));
        else
            solve_backwards(row, i + 1 == schedule->row_count ? level + balloon : level, closing, mode);
        if (row->principal < 0 || row->accrued < 0)
            return false;
        closing = row->opening_balance;
    }
    if (closing > financed)
        return false;
    for (size_t i = 0; i <= first; i++)
        set_row(&schedule->rows[i], financed, i == first ? financed - closing : 0, interest_on(financed, schedule->rows[i].rate, mode));
    return true;
}

/* The level payment of rows from `from` on; with `joined` interest that the first row pays in it. */
static bool level_of(const struct plan_terms *terms, struct plan_schedule *schedule, size_t from, int64_t joined, int64_t *level)
{
    const int64_t financed = schedule->amount_financed;
    const struct plan_factor factor = plan_factor_of(schedule->rows, schedule->row_count, from, financed, terms->balloon);
    const struct plan_rate rate = schedule->rows[0].rate;
    struct wide value = plan_factor_value(&factor, financed, terms->balloon);
    if (joined)
        value = wide_add(value, wide_scale(wide_from_int((uint64_t)joined), (uint64_t)rate.denominator, (uint64_t)(rate.denominator + rate.numerator)));
    return plan_factor_payment(&factor, value, &terms->rounding, level);
}

static bool fill_level(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const struct plan_rounding *rounding = &terms->rounding;
    const size_t from = (size_t)terms->grace.principal, last = schedule->row_count - 1;
    int64_t joined = from == 0 && terms->grace.interest == 0 ? schedule->brought : 0, level;
    if (!level_of(terms, schedule, from, joined, &level))
        return false;
    /* More than the first row can pay: it rests, and the others are level without it. */
    if (joined && last > 0 && (schedule->rows[0].rests || joined + interest_on(schedule->amount_financed, schedule->rows[0].rate, rounding->mode) > level)) {
        joined = 0;
        if (!level_of(terms, schedule, 1, 0, &level))
            return false;
    }
    if (rounding->residual == PLAN_RESIDUAL_LAST || !level_residual_first(schedule, level, terms->balloon, rounding->mode))
        level_residual_last(schedule, level, joined, rounding->mode);
    return true;
}

/* ---- Principal given, interest on the balance --------------------------------------------------------------------------------------- */

/* rows[].principal, all the same but one; never more than is left. */
static void spread(struct plan_schedule *schedule, size_t first, int64_t part, enum plan_residual residual)
{
    int64_t left = schedule->amount_financed;
    const size_t count = schedule->row_count;
    for (size_t i = 0; i < first; i++)
        schedule->rows[i].principal = 0;
    for (size_t n = first; n < count; n++) {   /* in the order in which they take: the one for the residual comes last */
        const size_t i = residual == PLAN_RESIDUAL_LAST ? n : count - 1 - (n - first);
        schedule->rows[i].principal = n + 1 == count ? left : within(part, 0, left);
        left -= schedule->rows[i].principal;
    }
}

static void spread_evenly(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const struct plan_rounding *rounding = &terms->rounding;
    const size_t first = (size_t)terms->grace.principal;
    const int64_t rows = (int64_t)(schedule->row_count - first);
    spread(schedule, first, money_divide(schedule->amount_financed, rows * rounding->unit, rounding->mode) * rounding->unit, rounding->residual);
}

int64_t plan_custom_principal(const struct plan_terms *terms, const struct plan_custom_row *row, int64_t financed)
{
    return row->percent ? plan_share(financed, row->share, 1, terms->rounding.mode) : row->amount;
}

bool plan_custom_adds_up(const struct plan_terms *terms, int64_t financed)
{
    const int64_t scale = plan_power_of_ten(PLAN_RATE_SCALE_MAX);
    int64_t amounts = 0, shares = 0;
    for (int i = 0; i < terms->installments; i++) {
        const struct plan_custom_row *row = &terms->rows[i];
        if (row->percent)
            shares += row->share.digits * plan_power_of_ten(PLAN_RATE_SCALE_MAX - row->share.scale);
        else if (!money_add(amounts, row->amount, &amounts))
            return false;
    }
    return (__int128)financed * shares == (__int128)(financed - amounts) * scale;
}

/* The last share, or the first, takes what rounding the shares leaves over: a few units, and more than it has only in plans of nearly
 * nothing, whose other shares then give theirs. */
static void spread_custom(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const bool last = terms->rounding.residual == PLAN_RESIDUAL_LAST;
    const size_t count = schedule->row_count;
    int64_t left = schedule->amount_financed;
    for (size_t i = 0; i < count; i++) {
        schedule->rows[i].principal = plan_custom_principal(terms, &terms->rows[i], schedule->amount_financed);
        left -= schedule->rows[i].principal;
    }
    for (size_t n = 0; n < count && left != 0; n++) {
        const size_t i = last ? count - 1 - n : n;
        if (!terms->rows[i].percent)
            continue;
        const int64_t change = left < -schedule->rows[i].principal ? -schedule->rows[i].principal : left;
        schedule->rows[i].principal += change;
        left -= change;
    }
}

static void accrue_on_balance(struct plan_schedule *schedule, enum rounding mode)
{
    int64_t balance = schedule->amount_financed;
    for (size_t i = 0; i < schedule->row_count; i++) {
        struct plan_row *row = &schedule->rows[i];
        set_row(row, balance, row->principal, interest_on(balance, row->rate, mode));
        balance = row->closing_balance;
    }
}

/* ---- Add-on interest ---------------------------------------------------------------------------------------------------------------- */

__int128 plan_add_on_rate(const struct plan_schedule *schedule, int64_t *common)
{
    __int128 sum = 0;   /* a first period that is longer or shorter may have a multiple of the others' denominator; rows without interest have none */
    int64_t denominator = 1;
    for (size_t i = 0; i < schedule->row_count; i++)
        if (schedule->rows[i].rate.numerator && schedule->rows[i].rate.denominator > denominator)
            denominator = schedule->rows[i].rate.denominator;
    for (size_t i = 0; i < schedule->row_count; i++)
        if (schedule->rows[i].rate.numerator)
            sum += (__int128)schedule->rows[i].rate.numerator * (denominator / schedule->rows[i].rate.denominator);
    *common = denominator;
    return sum;
}

/* Interest of the whole term on what was financed, rounded once. */
static int64_t add_on_interest(const struct plan_schedule *schedule, enum rounding mode)
{
    int64_t denominator;
    const __int128 sum = plan_add_on_rate(schedule, &denominator);
    const __int128 most = (__int128)MONEY_MAX * denominator / schedule->amount_financed;
    return sum > most ? -1 : money_divide(schedule->amount_financed * sum, denominator, mode);
}

/* Interest in equal parts over the rows that owe any; the level total is rounded to the unit, and principal is what interest leaves of it. */
static bool fill_flat(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const struct plan_rounding *rounding = &terms->rounding;
    const bool last = rounding->residual == PLAN_RESIDUAL_LAST;
    const size_t count = schedule->row_count, free_rows = (size_t)terms->grace.interest, resting = (size_t)terms->grace.principal;
    const int64_t interest = schedule->add_on == PLAN_ADD_ON_BY_RATES ? add_on_interest(schedule, rounding->mode) : schedule->add_on;
    const int64_t financed = schedule->amount_financed, joined = free_rows == 0 ? schedule->brought : 0;
    const int64_t paying = (int64_t)(count - free_rows), repaying = (int64_t)(count - resting);
    if (interest < 0)
        return false;
    const int64_t part = money_divide(interest, paying, rounding->mode);
    const int64_t level = money_divide((__int128)financed * paying + (__int128)(interest + joined) * repaying, (__int128)paying * repaying * rounding->unit,
                                       rounding->mode) * rounding->unit;
    int64_t interest_left = interest, principal_left = financed, balance = financed;
    for (size_t n = 0; n < count; n++) {   /* in the order in which rows take: the one for the residual comes last */
        const size_t i = last ? n : count - 1 - n;
        struct plan_row *row = &schedule->rows[i];
        row->accrued = i < free_rows ? 0 : i == (last ? count - 1 : free_rows) ? interest_left : within(part, 0, interest_left);
        /* A row without interest does not repay more for it. */
        const int64_t interest_part = (i < free_rows ? part : row->accrued) + (i == 0 ? joined : 0);
        row->principal = i < resting ? 0 : i == (last ? count - 1 : resting) ? principal_left : within(level - interest_part, 0, principal_left);
        interest_left -= row->accrued;
        principal_left -= row->principal;
    }
    for (size_t i = 0; i < count; i++) {
        set_row(&schedule->rows[i], balance, schedule->rows[i].principal, schedule->rows[i].accrued);
        balance = schedule->rows[i].closing_balance;
    }
    return true;
}

/* ---- All methods ---------------------------------------------------------------------------------------------------------------------- */

/* Interest of the grace is due with the first row after it. What was given away has no rate, and so accrues nothing. */
static bool put_off_interest(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    int64_t carried = schedule->brought;
    for (size_t i = 0; i < schedule->row_count; i++) {
        struct plan_row *row = &schedule->rows[i];
        const bool due = i >= (size_t)terms->grace.interest;
        row->brought = carried;
        if (!money_add(carried, row->accrued, &carried))
            return false;
        row->interest = due ? carried : 0;
        carried -= row->interest;
        if (!money_add(row->principal, row->interest, &row->total))
            return false;
    }
    return true;
}

static bool fill_parts(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    switch (terms->method) {
    case PLAN_ANNUITY:
    case PLAN_BALLOON:
        return fill_level(terms, schedule);
    case PLAN_FLAT:
        return fill_flat(terms, schedule);
    case PLAN_EQUAL_PRINCIPAL:
    case PLAN_INTEREST_FREE:
        spread_evenly(terms, schedule);
        break;
    case PLAN_INTEREST_ONLY:
        spread(schedule, schedule->row_count - 1, 0, PLAN_RESIDUAL_LAST);
        break;
    case PLAN_CUSTOM:
        spread_custom(terms, schedule);
        break;
    }
    accrue_on_balance(schedule, terms->rounding.mode);
    return true;
}

static const struct plan_fault too_much = { .pointer = "/principal", .code = "range", .detail = "what is to be paid exceeds 9007199254740991" };

struct plan_fault plan_rows_fill(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    if (terms->method == PLAN_CUSTOM && !plan_custom_adds_up(terms, schedule->amount_financed))
        return (struct plan_fault){ .pointer = "/rows", .code = "sum", .detail = "must add up to the amount financed" };
    return fill_parts(terms, schedule) && put_off_interest(terms, schedule) ? plan_fine : too_much;
}

struct plan_fault plan_rows_of_principals(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    accrue_on_balance(schedule, terms->rounding.mode);
    return put_off_interest(terms, schedule) ? plan_fine : too_much;
}

struct plan_fault plan_rows_of_parts(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    int64_t balance = schedule->amount_financed;
    for (size_t i = 0; i < schedule->row_count; i++) {
        set_row(&schedule->rows[i], balance, schedule->rows[i].principal, schedule->rows[i].accrued);
        balance = schedule->rows[i].closing_balance;
    }
    return put_off_interest(terms, schedule) ? plan_fine : too_much;
}
