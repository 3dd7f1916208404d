/* A change of a plan in force: rows that stay are copied, with what was paid for them; the others are drafted anew from the balance, and charged their fees and
 * taxes. Pure. */
#include "plan_change_internal.h"

#include "plan_dates.h"
#include "plan_rows.h"

#define SKIPPED_MAX 120

static struct plan_fault fault(const char *pointer, const char *code, const char *detail)
{
    return (struct plan_fault){ .pointer = pointer, .code = code, .detail = detail };
}

/* ---- Rows that stay ------------------------------------------------------------------------------------------------------------------------ */

/* All rows up to `kept`, as they are. */
static void copy_rows(struct plan_draft *draft, size_t kept)
{
    for (size_t i = 0; i < kept; i++) {
        draft->out->rows[i] = draft->plan->rows[i];
        draft->out->paid[i] = draft->plan->paid ? draft->plan->paid[i] : 0;
    }
}

/* Money for rows in their order; what is left of it. */
static int64_t pay_rows(struct plan_changed *out, size_t count, int64_t money)
{
    for (size_t i = 0; i < count; i++) {
        const int64_t owed = out->rows[i].total - out->paid[i], part = money < owed ? money : owed;
        out->paid[i] += part;
        money -= part;
    }
    return money;
}

/* Kept rows become what was paid for them; the rest moves. Between rows that an earlier prepayment parts the difference stays. */
static void shrink_rows(struct plan_draft *draft)
{
    int64_t principal = 0, interest = 0;
    for (size_t i = 0; i < draft->at.kept; i++) {
        struct plan_row *row = &draft->out->rows[i];
        const struct plan_parts unpaid = plan_unpaid(&draft->terms, row, draft->out->paid[i]);
        row->opening_balance += principal;
        row->brought += interest;
        row->principal -= unpaid.principal;
        row->interest -= unpaid.interest;
        row->fees -= unpaid.fees;
        row->tax -= unpaid.tax;
        row->total = draft->out->paid[i];
        principal += unpaid.principal;
        interest += unpaid.interest;
        row->closing_balance += principal;
    }
    draft->out->moved = draft->at.arrears;
}

/* ---- New rows ------------------------------------------------------------------------------------------------------------------------------ */

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

void plan_draft_count(struct plan_draft *draft, size_t count)
{
    const int last = (int)count - 1, kept = (int)draft->at.kept;
    const struct plan_grace *grace = &draft->plan->terms->grace;
    draft->rows.row_count = count;
    draft->terms.installments = (int)count;
    draft->terms.grace.principal = grace->principal > kept ? smaller(grace->principal - kept, last) : 0;
    draft->terms.grace.interest = grace->interest > kept ? smaller(grace->interest - kept, last) : 0;
}

struct plan_fault plan_draft_begin(struct plan_draft *draft, int64_t added)
{
    const struct plan_standing *at = &draft->at;
    int64_t *balance = &draft->rows.amount_financed;
    if (!money_add(at->balance + draft->out->moved.principal, added, balance))
        return fault("/amount", "range", "what is owed exceeds 9007199254740991");
    if (*balance < 1)
        return fault(draft->change->type == PLAN_PREPAY ? "/amount" : "/paid", "range", "settles the plan: nothing is left to change");
    draft->rows.brought = at->carried + at->run + draft->out->moved.interest;
    draft->out->prepaid = -added;
    draft->out->balance = *balance;
    draft->out->brought = draft->rows.brought;
    if (draft->terms.balloon > *balance)
        draft->terms.balloon = *balance;
    return plan_fine;
}

/* What was moved from rows due, now or by an earlier change, joins the row that brought interest is due with. Its fees keep the tax they had; interest is taxed by its
 * rate again when it moves on. */
static bool join_moved(const struct plan_draft *draft, struct plan_row *row)
{
    const struct plan_parts *moved = &draft->out->moved;
    row->brought_fees = draft->at.carried_fees + moved->fees;
    row->brought_tax = draft->at.carried_tax + plan_tax_beside(&draft->terms, moved->interest, moved->tax);
    row->fees += row->brought_fees;
    row->tax += draft->at.carried_tax + moved->tax;
    return money_add(row->total, row->brought_fees + draft->at.carried_tax + moved->tax, &row->total);
}

/* Fees and taxes of the new rows. */
static bool charge(struct plan_draft *draft)
{
    struct plan_schedule start = { 0 };
    struct plan_row_charges charges;
    const size_t due = (size_t)draft->terms.grace.interest;
    if (!plan_ok(plan_charges_at_start(draft->plan->terms, &start)) || !plan_charges_each(&draft->terms, start.credit, &charges))
        return false;
    for (size_t i = 0; i < draft->rows.row_count; i++) {
        struct plan_row *row = &draft->rows.rows[i];
        const int64_t taxed_before = i == due ? draft->out->moved.interest : 0;
        row->number = (int)(draft->at.kept + i) + 1;
        row->interest -= taxed_before;
        const bool charged = plan_charge_row(&draft->terms, &charges, row);
        row->interest += taxed_before;
        if (!charged || (i == due && !join_moved(draft, row)))
            return false;
    }
    return true;
}

/* Totals of all rows, and the terms for the next change. */
static struct plan_fault finish(struct plan_draft *draft)
{
    struct plan_changed *out = draft->out;
    out->kept = draft->at.kept;
    out->row_count = draft->at.kept + draft->rows.row_count;
    for (size_t i = out->kept; i < out->row_count; i++)
        out->paid[i] = 0;
    out->terms = draft->terms;
    out->terms.grace = draft->plan->terms->grace;   /* counts from the first row of all */
    out->terms.installments = (int)out->row_count;
    out->totals = (struct plan_totals){ 0 };
    if (!draft->charged && !charge(draft))
        return fault("/amount", "range", "what is to be paid exceeds 9007199254740991");
    for (size_t i = 0; i < out->row_count; i++)
        if (!plan_total_row(&out->totals, &out->rows[i]))
            return fault("/amount", "range", "what is to be paid exceeds 9007199254740991");
    out->interest_after = out->totals.interest;
    return plan_fine;
}

/* ---- One of each type ---------------------------------------------------------------------------------------------------------------------- */

static struct plan_fault pay_next(struct plan_draft *draft)
{
    struct plan_changed *out = draft->out;
    const size_t count = draft->plan->row_count;
    copy_rows(draft, count);
    out->arrears = pay_rows(out, draft->at.kept, draft->change->amount);
    out->arrears = draft->change->amount - out->arrears;
    if (pay_rows(out, count, draft->change->amount - out->arrears) > 0)
        return fault("/amount", "range", "is more than all that is owed");
    draft->at.kept = out->kept = out->row_count = count;
    out->terms = *draft->plan->terms;
    out->totals = (struct plan_totals){ 0 };
    for (size_t i = 0; i < count; i++)
        if (!plan_total_row(&out->totals, &out->rows[i]))
            return fault("/amount", "range", "what is to be paid exceeds 9007199254740991");
    out->interest_after = out->totals.interest;
    out->balance = draft->at.balance;
    return plan_fine;
}

static struct plan_fault prepay(struct plan_draft *draft)
{
    const int64_t rest = pay_rows(draft->out, draft->at.kept, draft->change->amount);
    draft->out->arrears = draft->change->amount - rest;
    plan_draft_count(draft, plan_draft_left(draft));
    const struct plan_fault begun = plan_draft_begin(draft, -(rest + draft->at.ahead));
    if (!plan_ok(begun))
        return begun;
    plan_draft_same_dates(draft);
    return draft->change->choice == PLAN_SHORTER_TERM ? plan_draft_fill_shorter(draft) : plan_draft_fill(draft);
}

static struct plan_fault advance(struct plan_draft *draft)
{
    plan_draft_count(draft, plan_draft_left(draft));
    const struct plan_fault begun = plan_draft_begin(draft, draft->change->amount - draft->at.ahead);
    if (!plan_ok(begun))
        return begun;
    plan_draft_same_dates(draft);
    return plan_draft_fill(draft);
}

/* The terms say a series of dates that begins where interest has run to. */
static struct plan_fault begin_series(struct plan_draft *draft)
{
    struct plan_terms *terms = &draft->terms;
    terms->start_date = draft->at.from;
    if (terms->method == PLAN_CUSTOM)
        terms->method = PLAN_EQUAL_PRINCIPAL;
    const struct plan_fault found = plan_check(terms);
    return plan_ok(found) ? plan_draft_series(draft, draft->at.from + 1, 0) : found;
}

/* Dates and rates of rescheduled rows. */
static struct plan_fault reschedule_dates(struct plan_draft *draft, bool same_count)
{
    const struct plan_change *change = draft->change;
    struct plan_terms *terms = &draft->terms;
    if (change->has_frequency)
        terms->frequency = change->frequency;
    if (change->has_frequency || change->has_first_due_date) {
        terms->has_first_due_date = change->has_first_due_date;
        terms->first_due_date = change->first_due_date;
        if (terms->frequency.unit == PLAN_MONTH)
            terms->frequency.days[0] = 0;
        if (change->has_annual_rate)
            terms->annual_rate = change->annual_rate;
        return begin_series(draft);
    }
    if (same_count && plan_draft_left(draft) > 0) {
        plan_draft_same_dates(draft);
        if (change->has_annual_rate)
            plan_draft_new_rate(draft, change->annual_rate);
        return plan_fine;
    }
    if (change->has_annual_rate)
        terms->annual_rate = change->annual_rate;
    if (terms->method == PLAN_CUSTOM)
        return fault("/first_due_date", "required", "is needed where the rows of a custom plan become more or fewer");
    return plan_draft_series(draft, plan_draft_left(draft) > 0 ? plan_draft_old(draft)->due_date : draft->at.from + 1, 0);
}

static struct plan_fault reschedule(struct plan_draft *draft)
{
    const struct plan_change *change = draft->change;
    const size_t left = plan_draft_left(draft), count = change->installments > 0 ? (size_t)change->installments : left;
    const struct decimal *rate = &change->annual_rate;
    if (count == 0)
        return fault("/installments", "required", "is needed: none is left");
    if (change->installments < 0 || draft->at.kept + count > PLAN_INSTALLMENTS_MAX)
        return fault("/installments", "range", "together with those that stay at most 600");
    if (change->has_annual_rate && (rate->digits < 0 || rate->scale < 0 || rate->scale > PLAN_RATE_SCALE_MAX ||
                                    rate->digits > PLAN_RATE_MAX * plan_power_of_ten(rate->scale)))
        return fault("/annual_rate", "range", "must be between 0 and 10 with at most 10 decimals");
    if (change->arrears == PLAN_ARREARS_SPREAD)
        shrink_rows(draft);
    plan_draft_count(draft, count);
    struct plan_fault found = plan_draft_begin(draft, -draft->at.ahead);
    if (plan_ok(found))
        found = reschedule_dates(draft, count == left);
    return plan_ok(found) ? plan_draft_fill(draft) : found;
}

static struct plan_fault skip(struct plan_draft *draft)
{
    const struct plan_change *change = draft->change;
    const size_t left = plan_draft_left(draft), fewer = change->same_end ? (size_t)change->periods : 0;
    if (draft->terms.method == PLAN_CUSTOM)
        return fault("/periods", "unknown_field", "a custom plan has none: reschedule it");
    if (change->periods < 1 || change->periods > SKIPPED_MAX)
        return fault("/periods", "range", "must be between 1 and 120");
    if (fewer >= left)
        return fault("/periods", "range", "leave no installment before the end");
    plan_draft_count(draft, left - fewer);
    struct plan_fault found = plan_draft_begin(draft, -draft->at.ahead);
    if (plan_ok(found))
        found = plan_draft_series(draft, plan_draft_old(draft)->due_date, change->periods);
    return plan_ok(found) ? plan_draft_fill(draft) : found;
}

/* The nearest such day to the first due date that moves, of those that lie ahead. */
static int32_t nearest_due_day(const struct plan_draft *draft)
{
    const struct plan_frequency *frequency = &draft->terms.frequency;
    const int32_t old = plan_draft_old(draft)->due_date, next = plan_date_of_day(frequency, old);
    int32_t before = draft->at.from < old - 31 ? old - 31 : draft->at.from, day = before;
    while ((day = plan_date_of_day(frequency, day + 1)) <= old)
        before = day;
    const bool lies_ahead = before > draft->at.from && plan_date_of_day(frequency, before) == before;
    return lies_ahead && old - before <= next - old ? before : next;
}

static struct plan_fault move_due_day(struct plan_draft *draft)
{
    struct plan_terms *terms = &draft->terms;
    const int *days = draft->change->days;
    if (terms->method == PLAN_CUSTOM || (terms->frequency.unit != PLAN_MONTH && terms->frequency.unit != PLAN_SEMIMONTH))
        return fault("/days", "unknown_field", "belongs to plans by months or semimonths: reschedule it");
    if (days[0] < 1 || days[0] > 31 || (terms->frequency.unit == PLAN_SEMIMONTH && (days[0] > 27 || days[1] <= days[0] || days[1] > 31)))
        return fault("/days", "range", "must be a day of the month, or two, the first at most the 27th");
    terms->frequency.days[0] = days[0];
    terms->frequency.days[1] = terms->frequency.unit == PLAN_SEMIMONTH ? days[1] : 0;
    terms->has_first_due_date = true;
    terms->first_due_date = nearest_due_day(draft);
    plan_draft_count(draft, plan_draft_left(draft));
    struct plan_fault found = plan_draft_begin(draft, -draft->at.ahead);
    if (plan_ok(found))
        found = begin_series(draft);
    return plan_ok(found) ? plan_draft_fill(draft) : found;
}

/* ---- All ---------------------------------------------------------------------------------------------------------------------------------- */

static struct plan_fault check(const struct plan_draft *draft)
{
    const struct plan_change *change = draft->change;
    const bool spread = change->type == PLAN_RESCHEDULE && change->arrears == PLAN_ARREARS_SPREAD;
    if (draft->terms.rounding.carry == PLAN_CARRY_UNROUNDED)
        return fault("/rounding/carry", "range", "must be rounded: what is shown only is not owed");
    if ((change->type == PLAN_PREPAY || change->type == PLAN_ADVANCE) && (change->amount < 1 || change->amount > MONEY_MAX))
        return fault("/amount", "range", "must be between 1 and 9007199254740991");
    if (change->type == PLAN_RETURN && (change->amount < 0 || change->amount > MONEY_MAX || change->refund.numerator < 0 ||
                                        change->refund.numerator > change->refund.denominator))
        return fault("/amount", "range", "must be between 0 and 9007199254740991, and so much is given back as there is, at most");
    if (change->type == PLAN_RETURN)
        return plan_fine;
    if (draft->at.balance == 0 && !(spread && draft->at.arrears.principal > 0) && !(change->type == PLAN_PREPAY && change->choice == PLAN_NEXT_INSTALLMENTS))
        return fault("/date", "range", "leaves nothing to change");
    return plan_fine;
}

struct plan_fault plan_change_of(const struct plan_in_force *plan, const struct plan_change *change, struct plan_changed *out)
{
    static struct plan_fault (*const drafts[])(struct plan_draft *) = {
        [PLAN_PREPAY] = prepay, [PLAN_ADVANCE] = advance, [PLAN_RESCHEDULE] = reschedule, [PLAN_SKIP] = skip, [PLAN_DUE_DAY] = move_due_day, [PLAN_RETURN] = plan_draft_return };
    struct plan_draft draft = { .plan = plan, .change = change, .out = out, .terms = *plan->terms };
    struct plan_fault found = plan_standing_of(plan, &draft.at);
    if (plan_ok(found))
        found = check(&draft);
    if (!plan_ok(found))
        return found;
    out->arrears = out->prepaid = out->balance = out->brought = out->beyond = out->interest_before = 0;
    out->moved = out->refunded = out->covered = (struct plan_parts){ 0 };
    for (size_t i = 0; i < plan->row_count; i++)
        out->interest_before += plan->rows[i].interest;
    if (change->type == PLAN_PREPAY && change->choice == PLAN_NEXT_INSTALLMENTS)
        return pay_next(&draft);
    copy_rows(&draft, draft.at.kept);
    draft.rows.rows = &out->rows[draft.at.kept];
    draft.rows.add_on = PLAN_ADD_ON_BY_RATES;
    found = drafts[change->type](&draft);
    return plan_ok(found) ? finish(&draft) : found;
}
