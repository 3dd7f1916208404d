/* The same schedules with exact balances (192 binary digits after the point): every figure shown is rounded on its own, from exact ones. Level
 * payments need no balance carried forwards, where an error would grow with the interest: the balance before a row is the present value of what
 * follows. Pure. */
#include "plan_rows.h"

#include "plan_factor.h"

static int64_t shown(struct wide value, enum rounding mode)
{
    return (int64_t)wide_round(value.limb[WIDE_LIMBS - 1], value.limb[WIDE_LIMBS - 2], mode);
}

/* Of what is level; rows that rest leave it as it is. */
static void level_balances(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const int64_t financed = schedule->amount_financed;
    const size_t count = schedule->row_count;
    const struct plan_factor factor = plan_factor_of(schedule->rows, count, (size_t)terms->grace.principal, financed, terms->balloon);
    const struct wide level = wide_quotient(plan_factor_value(&factor, financed, terms->balloon), factor.sum);
    struct wide value = wide_from_int(0);
    schedule->balances[count] = value;
    for (size_t i = count; i-- > 0;) {
        const struct plan_row *row = &schedule->rows[i];
        const uint64_t denominator = (uint64_t)row->rate.denominator;
        if (i + 1 == count)
            value = wide_from_int((uint64_t)terms->balloon);
        if (!row->rests)
            value = wide_scale(wide_add(value, level), denominator, denominator + (uint64_t)row->rate.numerator);
        schedule->balances[i] = value;
    }
    for (size_t i = 0; i == 0 || (i < count && schedule->rows[i - 1].rests); i++)
        schedule->balances[i] = wide_from_int((uint64_t)financed);   /* what it is but for truncation */
}

/* Equal parts after the grace. */
static void even_balances(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const size_t first = (size_t)terms->grace.principal, count = schedule->row_count;
    const struct wide financed = wide_from_int((uint64_t)schedule->amount_financed);
    for (size_t i = 0; i <= count; i++)
        schedule->balances[i] = i <= first ? financed : wide_scale(financed, count - i, count - first);
}

static void end_balances(struct plan_schedule *schedule)
{
    for (size_t i = 0; i <= schedule->row_count; i++)
        schedule->balances[i] = wide_from_int(i < schedule->row_count ? (uint64_t)schedule->amount_financed : 0);
}

/* What remains after each row, backwards: rows add up to what is financed. */
static void custom_balances(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    struct wide value = wide_from_int(0);
    const struct wide financed = wide_from_int((uint64_t)schedule->amount_financed);
    schedule->balances[schedule->row_count] = value;
    for (size_t i = schedule->row_count; i-- > 0;) {
        const struct plan_custom_row *row = &terms->rows[i];
        value = wide_add(value, row->percent ? wide_scale(financed, (uint64_t)row->share.digits, (uint64_t)plan_power_of_ten(row->share.scale))
                                             : wide_from_int((uint64_t)row->amount));
        schedule->balances[i] = i == 0 ? financed : value;
    }
}

static void fill_balances(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    switch (terms->method) {
    case PLAN_ANNUITY:
    case PLAN_BALLOON:
        level_balances(terms, schedule);
        return;
    case PLAN_EQUAL_PRINCIPAL:
    case PLAN_INTEREST_FREE:
    case PLAN_FLAT:
        even_balances(terms, schedule);
        return;
    case PLAN_INTEREST_ONLY:
        end_balances(schedule);
        return;
    case PLAN_CUSTOM:
        custom_balances(terms, schedule);
        return;
    }
    __builtin_trap();
}

/* An equal part of the add-on interest of the whole term. */
static struct wide add_on_part(const struct plan_terms *terms, const struct plan_schedule *schedule)
{
    const struct wide financed = wide_from_int((uint64_t)schedule->amount_financed);
    struct wide sum = wide_from_int(0);
    for (size_t i = 0; i < schedule->row_count; i++)
        sum = wide_add(sum, wide_scale(financed, (uint64_t)schedule->rows[i].rate.numerator, (uint64_t)schedule->rows[i].rate.denominator));
    return wide_scale(sum, 1, schedule->row_count - (size_t)terms->grace.interest);
}

/* Interest of one row, and of the rows of grace before it when it is the first to pay any. */
static void fill_interest(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    const enum rounding mode = terms->rounding.mode;
    const struct wide part = terms->method == PLAN_FLAT ? add_on_part(terms, schedule) : wide_from_int(0);
    struct wide carried = wide_from_int(0);
    for (size_t i = 0; i < schedule->row_count; i++) {
        struct plan_row *row = &schedule->rows[i];
        const bool due = i >= (size_t)terms->grace.interest;
        struct wide interest = wide_scale(schedule->balances[i], (uint64_t)row->rate.numerator, (uint64_t)row->rate.denominator);
        if (terms->method == PLAN_FLAT)
            interest = due ? part : wide_from_int(0);
        carried = wide_add(carried, interest);
        const struct wide paid = due ? carried : wide_from_int(0);
        const struct wide principal = wide_subtract(schedule->balances[i], schedule->balances[i + 1]);
        row->opening_balance = shown(schedule->balances[i], mode);
        row->closing_balance = shown(schedule->balances[i + 1], mode);
        row->principal = shown(principal, mode);
        row->accrued = shown(interest, mode);
        row->brought = shown(wide_subtract(carried, interest), mode);
        row->interest = shown(paid, mode);
        row->total = shown(wide_add(principal, paid), mode);
        if (due)
            carried = wide_from_int(0);
    }
}

/* Level payments that do not cover the interest of a row in their middle: rounded balances are held there, exact ones would have to grow. */
static bool balances_fall(const struct plan_schedule *schedule)
{
    for (size_t i = 0; i < schedule->row_count; i++) {
        const struct wide *before = &schedule->balances[i], *after = &schedule->balances[i + 1];
        int limb = WIDE_LIMBS - 1;
        while (limb > 1 && before->limb[limb] == after->limb[limb])   /* the lower half is what truncation leaves */
            limb--;
        if (before->limb[limb] < after->limb[limb])
            return false;
    }
    return true;
}

/* Interest stays below 2^62 with room to spare: so much would not be payable anyhow. */
static bool interest_fits(const struct plan_schedule *schedule)
{
    long double sum = 0;
    for (size_t i = 0; i < schedule->row_count; i++)
        sum += (long double)schedule->rows[i].rate.numerator / (long double)schedule->rows[i].rate.denominator;
    return sum * (long double)schedule->amount_financed < 4e18L;
}

struct plan_fault plan_exact_fill(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    if (terms->method == PLAN_CUSTOM && !plan_custom_adds_up(terms, schedule->amount_financed))
        return (struct plan_fault){ .pointer = "/rows", .code = "sum", .detail = "must add up to the amount financed" };
    if (!interest_fits(schedule))
        return (struct plan_fault){ .pointer = "/principal", .code = "range", .detail = "what is to be paid exceeds 9007199254740991" };
    fill_balances(terms, schedule);
    if (!balances_fall(schedule))
        return (struct plan_fault){ .pointer = "/rounding/carry", .code = "range", .detail = "level payments would not cover the interest of an installment: only with rounded balances" };
    fill_interest(terms, schedule);
    return plan_fine;
}
