/* Dates, rates, principal and interest of the rows a change makes anew. Rates of a period that is cut in its middle are parted by calendar days, as what has run of
 * it was. Pure. */
#include "plan_change_internal.h"

#include "plan_dates.h"
#include "plan_rows.h"

/* ---- Rates ---------------------------------------------------------------------------------------------------------------------------------- */

static __int128 common_divisor(__int128 a, __int128 b)
{
    while (b) {
        const __int128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* In lowest terms; beyond 62 bits the last ones are cut off, which no amount can show. */
static struct plan_rate reduced(__int128 numerator, __int128 denominator)
{
    const __int128 divisor = common_divisor(denominator, numerator);
    numerator /= divisor;
    denominator /= divisor;
    while (numerator >> 62 || denominator >> 62) {
        numerator >>= 1;
        denominator >>= 1;
    }
    return (struct plan_rate){ (int64_t)numerator, (int64_t)denominator };
}

/* rate x multiplier / divisor. */
static struct plan_rate rate_times(struct plan_rate rate, __int128 multiplier, __int128 divisor)
{
    const struct plan_rate factor = reduced(multiplier, divisor);
    return reduced((__int128)rate.numerator * factor.numerator, (__int128)rate.denominator * factor.denominator);
}

/* The part of its period from `from` on. */
static void cut(struct plan_row *row, int32_t from)
{
    const int32_t left = row->due_date - from;
    if (left == row->days)
        return;
    row->rate = rate_times(row->rate, left, row->days);
    row->days = left;
}

void plan_draft_same_dates(struct plan_draft *draft)
{
    for (size_t i = 0; i < draft->rows.row_count; i++)
        draft->rows.rows[i] = plan_draft_old(draft)[i];
    cut(&draft->rows.rows[0], draft->at.from);
}

void plan_draft_new_rate(struct plan_draft *draft, struct decimal annual_rate)
{
    struct plan_terms *terms = &draft->terms;
    const struct decimal old = terms->annual_rate;
    const __int128 multiplier = (__int128)annual_rate.digits * plan_power_of_ten(old.scale), divisor = (__int128)old.digits * plan_power_of_ten(annual_rate.scale);
    terms->annual_rate = annual_rate;
    if (old.digits == 0) {
        plan_rates_of_rows(terms, &draft->rows);
        if (terms->day_count == PLAN_PERIOD)
            draft->rows.rows[0].rate = rate_times(draft->rows.rows[0].rate, draft->rows.rows[0].days, plan_draft_old(draft)->days);
    }
    for (size_t i = 0; old.digits && i < draft->rows.row_count; i++)
        draft->rows.rows[i].rate = rate_times(draft->rows.rows[i].rate, multiplier, divisor);
}

struct plan_fault plan_draft_series(struct plan_draft *draft, int32_t due, int skip)
{
    const struct closed_days *closed = draft->terms.closed_now ? draft->terms.closed_now : draft->terms.closed;
    struct plan_terms terms = draft->terms;
    if (!plan_dates_from(&draft->terms, closed, due, skip, draft->at.from, draft->rows.rows, draft->rows.row_count, &terms.first_due_date))
        return (struct plan_fault){ .pointer = "/due_dates", .code = "range", .detail = "closed days leave no open one for a year" };
    draft->terms.closed = closed;
    terms.start_date = draft->at.from;   /* as a plan of its own: its first period may be longer or shorter */
    terms.has_first_due_date = true;
    if (terms.first_due_date <= terms.start_date)   /* it was moved off closed days, and the change came between */
        terms.first_due_date = draft->rows.rows[0].due_date;
    plan_rates_of_rows(&terms, &draft->rows);
    return plan_fine;
}

/* ---- Add-on interest ------------------------------------------------------------------------------------------------------------------------- */

static struct wide sum_of_rates(const struct plan_row *rows, size_t count)
{
    struct wide sum = wide_from_int(0);
    for (size_t i = 0; i < count; i++)
        sum = wide_add(sum, wide_scale(wide_from_int(1), (uint64_t)rows[i].rate.numerator, (uint64_t)rows[i].rate.denominator));
    return sum;
}

static bool is_nothing(struct wide value)
{
    return (value.limb[0] | value.limb[1] | value.limb[2] | value.limb[3]) == 0;
}

static long double real(struct wide value)
{
    return (long double)value.limb[3] + (long double)value.limb[2] * 0x1p-64L + (long double)value.limb[1] * 0x1p-128L;
}

#define ROOM (1 << 20)   /* amounts times sums of rates outgrow 64 bits, their quotients do not */

/* Of new dates or a new rate: what the rows would still have accrued, by how the balance and the time have changed; where they would have accrued nothing, that of
 * the balance. False when it outgrows MONEY_MAX. */
static bool add_on_of_time(struct plan_draft *draft)
{
    const struct plan_standing *at = &draft->at;
    const size_t left = plan_draft_left(draft);
    struct wide before = wide_from_int(0);
    if (left > 0) {
        struct plan_row first = *plan_draft_old(draft);
        cut(&first, at->from);
        before = wide_add(sum_of_rates(&first, 1), sum_of_rates(plan_draft_old(draft) + 1, left - 1));
    }
    const struct wide after = sum_of_rates(draft->rows.rows, draft->rows.row_count);
    const uint64_t balance = (uint64_t)draft->rows.amount_financed;
    struct wide interest = wide_from_int(balance);
    if (!is_nothing(before) && at->balance > 0) {
        const long double grown = (long double)at->unearned / (long double)at->balance * (long double)balance;
        if (!(grown < (long double)MONEY_MAX) || !(grown * real(after) / real(before) < (long double)MONEY_MAX))
            return false;
        interest = wide_scale(wide_from_int((uint64_t)at->unearned), balance, (uint64_t)at->balance);
        interest = wide_scale(wide_quotient(wide_multiply(wide_scale(interest, 1, ROOM), after), before), ROOM, 1);
    } else {
        if (!((long double)balance * real(after) < (long double)MONEY_MAX))
            return false;
        interest = wide_multiply(interest, after);
    }
    draft->rows.add_on = (int64_t)wide_round(interest.limb[WIDE_LIMBS - 1], interest.limb[WIDE_LIMBS - 2], draft->terms.rounding.mode);
    return true;
}

static int64_t share_of(const struct plan_draft *draft, int64_t interest)
{
    return money_divide((__int128)interest * draft->rows.amount_financed, draft->at.balance, draft->terms.rounding.mode);
}

/* Of the same dates, the first `count` of them: what they would still have accrued, less the rebate on the part of the balance that was prepaid. */
static int64_t add_on_of_balance(const struct plan_draft *draft, size_t count)
{
    const struct plan_standing *at = &draft->at;
    const bool prepaid = draft->change->type != PLAN_ADVANCE && draft->rows.amount_financed < at->balance;
    const enum plan_rebate rebate = prepaid ? draft->change->rebate : PLAN_REBATE_ACTUARIAL;
    int64_t unearned = -at->run;
    for (size_t i = 0; i < count; i++)
        unearned += plan_draft_old(draft)[i].accrued;
    if (rebate == PLAN_REBATE_ACTUARIAL)
        return share_of(draft, unearned);
    if (rebate == PLAN_REBATE_PERIOD)
        return at->running + share_of(draft, unearned - at->running);
    const int64_t whole = plan_rebate_of(draft->plan, at, rebate), given = whole - share_of(draft, whole);
    return given < at->unearned ? at->unearned - given : 0;
}

/* ---- All new ---------------------------------------------------------------------------------------------------------------------------------- */

/* The rows of a custom plan keep their proportions. */
static void scale_custom(struct plan_draft *draft)
{
    int64_t before = 0, after = 0;
    for (size_t i = 0; i < draft->rows.row_count; i++) {
        before += plan_draft_old(draft)[i].principal;
        const int64_t by_now = share_of(draft, before);
        draft->rows.rows[i].principal = by_now - after;
        after = by_now;
    }
}

/* Rows overdue moved behind, nothing else: the parts in force, and an equal part each of what moved. */
static bool is_reamortized(const struct plan_draft *draft)
{
    const struct plan_change *change = draft->change;
    const enum plan_method method = draft->terms.method;
    return change->type == PLAN_RESCHEDULE && draft->out->moved.principal > 0 && draft->at.ahead == 0 && draft->rows.row_count == plan_draft_left(draft) &&
           !change->has_annual_rate && !change->has_frequency && !change->has_first_due_date &&
           (method == PLAN_EQUAL_PRINCIPAL || method == PLAN_INTEREST_FREE || method == PLAN_CUSTOM);
}

static void add_moved(struct plan_draft *draft)
{
    const struct plan_rounding *rounding = &draft->terms.rounding;
    const size_t count = draft->rows.row_count;
    const int64_t part = money_divide(draft->out->moved.principal, (__int128)count * rounding->unit, rounding->mode) * rounding->unit;
    int64_t left = draft->out->moved.principal;
    for (size_t i = 0; i < count; i++) {
        const int64_t added = i + 1 == count || part > left ? left : part;
        draft->rows.rows[i].principal = plan_draft_old(draft)[i].principal + added;
        left -= added;
    }
}

struct plan_fault plan_draft_fill(struct plan_draft *draft)
{
    if (is_reamortized(draft)) {
        add_moved(draft);
        return plan_rows_of_principals(&draft->terms, &draft->rows);
    }
    const bool balance_alone = plan_draft_of_balance(draft);
    if (draft->terms.method == PLAN_CUSTOM && draft->at.balance == 0)   /* rows of nothing have no proportions */
        draft->terms.method = PLAN_EQUAL_PRINCIPAL;
    if (draft->terms.method == PLAN_CUSTOM) {
        scale_custom(draft);
        return plan_rows_of_principals(&draft->terms, &draft->rows);
    }
    if (draft->terms.method == PLAN_FLAT && balance_alone)
        draft->rows.add_on = add_on_of_balance(draft, draft->rows.row_count);
    else if (draft->terms.method == PLAN_FLAT && !add_on_of_time(draft))
        return (struct plan_fault){ .pointer = "/annual_rate", .code = "range", .detail = "what is to be paid exceeds 9007199254740991" };
    if (draft->rows.add_on > MONEY_MAX)
        return (struct plan_fault){ .pointer = "/amount", .code = "range", .detail = "what is to be paid exceeds 9007199254740991" };
    return plan_rows_fill(&draft->terms, &draft->rows);
}

/* ---- Shorter ---------------------------------------------------------------------------------------------------------------------------------- */

static int64_t within(int64_t value, int64_t lowest, int64_t highest)
{
    return value < lowest ? lowest : value > highest ? highest : value;
}

static bool is_level(enum plan_method method)
{
    return method == PLAN_ANNUITY || method == PLAN_BALLOON || method == PLAN_FLAT;
}

static void set_count(struct plan_draft *draft, size_t count)
{
    draft->rows.row_count = count;
    draft->terms.installments = (int)count;
    if (draft->terms.grace.interest >= (int)count)
        draft->terms.grace.interest = (int)count - 1;
}

/* Principal of each row until none is left: what interest leaves of the installment in force where that is level, else the principal in force. */
static struct plan_fault fill_on_balance(struct plan_draft *draft)
{
    const enum rounding mode = draft->terms.rounding.mode;
    int64_t balance = draft->rows.amount_financed, carried = draft->rows.brought;
    size_t count = 0;
    while (balance > 0) {
        const struct plan_row *old = &plan_draft_old(draft)[count];
        struct plan_row *row = &draft->rows.rows[count];
        const bool last = count + 1 == draft->rows.row_count, due = (int)count >= draft->terms.grace.interest;
        carried += money_divide((__int128)balance * row->rate.numerator, row->rate.denominator, mode);
        const int64_t in_force = is_level(draft->terms.method) && due ? old->principal + old->interest - carried : old->principal;
        row->principal = last ? balance : old->principal == 0 ? 0 : within(in_force, 0, balance);
        balance -= row->principal;
        carried = due ? 0 : carried;
        count++;
    }
    set_count(draft, count);
    const int64_t at_the_end = draft->rows.rows[count - 1].principal;
    if (draft->terms.balloon > at_the_end)
        draft->terms.balloon = at_the_end;
    return plan_rows_of_principals(&draft->terms, &draft->rows);
}

/* So few rows as the installments in force need for the balance and its interest, which is in equal parts. */
static struct plan_fault fill_add_on(struct plan_draft *draft)
{
    const int64_t balance = draft->rows.amount_financed;
    int64_t in_force = 0, interest = 0;
    size_t count = 0;
    do {
        const struct plan_row *old = &plan_draft_old(draft)[count++];
        in_force += old->principal + old->interest;
        interest = add_on_of_balance(draft, count);
    } while (count < draft->rows.row_count && balance + interest + draft->rows.brought > in_force);
    set_count(draft, count);
    const int free_rows = draft->terms.grace.interest;
    const int64_t part = money_divide(interest, (__int128)count - free_rows, draft->terms.rounding.mode);
    int64_t interest_left = interest, left = balance;
    for (size_t i = 0; i < count; i++) {
        const struct plan_row *old = &plan_draft_old(draft)[i];
        struct plan_row *row = &draft->rows.rows[i];
        const bool last = i + 1 == count;
        row->accrued = (int)i < free_rows ? 0 : last ? interest_left : within(part, 0, interest_left);
        const int64_t brought = (int)i == free_rows ? draft->rows.brought : 0;
        row->principal = last ? left : old->principal == 0 ? 0 : within(old->principal + old->interest - row->accrued - brought, 0, left);
        interest_left -= row->accrued;
        left -= row->principal;
    }
    return plan_rows_of_parts(&draft->terms, &draft->rows);
}

struct plan_fault plan_draft_fill_shorter(struct plan_draft *draft)
{
    return draft->terms.method == PLAN_FLAT ? fill_add_on(draft) : fill_on_balance(draft);
}
