/* What a change of each kind makes of the rows, by the engine. Rows that are due stay (but where arrears are spread); those behind them go, and what was paid for
 * parts of them stays as prepaid principal, as the engine counts it. Pure. */
#include "change.h"

#include "base/date.h"
#include "gen/problems.h"
#include "plan_rows.h"
#include "simulation.h"

bool change_refuse(struct work *w, struct plan_fault fault)
{
    if (strcmp(fault.pointer, "/date") == 0)
        return work_fail(w, &PROBLEM_nothing_to_change, "%s", fault.detail) != NULL;
    return simulation_refuse(w, "", fault) != NULL;
}

struct plan_parts change_parts_of(const struct plan_row *row)
{
    return (struct plan_parts){ row->principal, row->interest, row->fees, row->tax };
}

void change_draft_begin(struct work *w, struct change_draft *draft)
{
    struct contract_plan *after = &draft->after;
    *after = *draft->before;
    after->rows = ARENA_ARRAY(w->arena, struct plan_row, PLAN_INSTALLMENTS_MAX + 1);
    after->numbers = ARENA_ARRAY(w->arena, int, PLAN_INSTALLMENTS_MAX + 1);
    after->row_count = 0;
    draft->replaced = ARENA_ARRAY(w->arena, struct change_replaced, RECEIVABLES_MAX);
    draft->added = ARENA_ARRAY(w->arena, struct change_added, RECEIVABLES_MAX);
}

void change_replace(struct change_draft *draft, const struct receivable *row, struct plan_parts stays)
{
    if (draft->replaced_count < RECEIVABLES_MAX)
        draft->replaced[draft->replaced_count++] = (struct change_replaced){ row, stays };
}

int change_add(struct change_draft *draft, struct change_added added)
{
    if (draft->added_count < RECEIVABLES_MAX)
        draft->added[draft->added_count++] = added;
    return draft->account->highest + (int)draft->added_count;
}

static const struct receivable *receivable_of(const struct change_draft *draft, size_t row)
{
    return account_row(draft->account, draft->before->numbers[row]);
}

void change_keep_row(struct change_draft *draft, size_t row, const struct plan_row *now)
{
    struct contract_plan *after = &draft->after;
    const struct receivable *receivable = receivable_of(draft, row);
    after->numbers[after->row_count] = receivable->number;
    after->rows[after->row_count++] = *now;
    const struct plan_parts parts = change_parts_of(now), *was = &receivable->parts;
    if (parts.principal != was->principal || parts.interest != was->interest || parts.fees != was->fees || parts.tax != was->tax)
        change_replace(draft, receivable, parts);
}

static void add_row(struct change_draft *draft, const struct plan_row *row)
{
    struct contract_plan *after = &draft->after;
    after->numbers[after->row_count] = change_add(draft, (struct change_added){ row->due_date, row->days, row->opening_balance, change_parts_of(row) });
    after->rows[after->row_count++] = *row;
}

/* The rows from `kept` on go; what was paid ahead of them is principal. */
void change_replace_behind(struct change_draft *draft, size_t kept)
{
    for (size_t i = kept; i < draft->before->row_count; i++) {
        const struct receivable *row = receivable_of(draft, i);
        if (!row->replaced)
            change_replace(draft, row, (struct plan_parts){ .principal = row->paid });
    }
}

void change_adopt(struct change_draft *draft, const struct plan_changed *changed)
{
    for (size_t i = 0; i < changed->kept; i++)
        change_keep_row(draft, i, &changed->rows[i]);
    change_replace_behind(draft, changed->kept);
    for (size_t i = changed->kept; i < changed->row_count; i++)
        add_row(draft, &changed->rows[i]);
    draft->after.terms = changed->terms;
    draft->rebate = changed->interest_before - changed->interest_after;
}

struct plan_changed *change_by_engine(struct work *w, const struct plan_in_force *force, const struct plan_change *change)
{
    struct plan_changed *changed = ARENA_NEW(w->arena, struct plan_changed);
    changed->rows = ARENA_ARRAY(w->arena, struct plan_row, PLAN_INSTALLMENTS_MAX);
    changed->paid = ARENA_ARRAY(w->arena, int64_t, PLAN_INSTALLMENTS_MAX);
    const struct plan_fault fault = plan_change_of(force, change, changed);
    if (!plan_ok(fault))
        change_refuse(w, fault);
    return plan_ok(fault) ? changed : NULL;
}

enum plan_rebate change_rebate_of(const struct compute_change_in *in)
{
    enum plan_rebate rebate = PLAN_REBATE_ACTUARIAL;
    if (!slice_is_none(in->rebate))
        plan_rebate_parse(in->rebate, &rebate);
    return rebate;
}

/* ---- All that is left, in one row -------------------------------------------------------------------------------------------------------------- */

/* Due on the date: the balance, and the interest that is owed by the rule. */
static bool one_row(struct work *w, struct change_draft *draft, int32_t due)
{
    struct plan_standing at;
    const struct plan_fault fault = plan_standing_of(draft->force, &at);
    if (!plan_ok(fault))
        return change_refuse(w, fault);
    if (at.kept == draft->before->row_count)
        return work_fail(w, &PROBLEM_nothing_to_change, "all that is left is due: it can be paid as it is") != NULL;
    const int64_t rebate = plan_rebate_of(draft->force, &at, change_rebate_of(draft->in)), owed = at.carried + at.run + at.unearned - rebate;
    const int64_t tax = plan_tax_behind(draft->force, &at, owed) + at.carried_tax, principal = at.balance - at.ahead;
    const int64_t total = principal + owed + at.carried_fees + tax;
    if (principal < 0 || total == 0)
        return work_fail(w, &PROBLEM_nothing_to_change, "what is left was paid ahead") != NULL;
    for (size_t i = 0; i < at.kept; i++)
        change_keep_row(draft, i, &draft->before->rows[i]);
    change_replace_behind(draft, at.kept);
    add_row(draft, &(struct plan_row){ .number = (int)at.kept + 1, .due_date = due, .days = due > at.from ? due - at.from : 0, .rate = { 0, 1 }, .accrued = owed,
                                       .brought_fees = at.carried_fees, .brought_tax = at.carried_tax, .opening_balance = principal, .principal = principal,
                                       .interest = owed, .fees = at.carried_fees, .tax = tax, .total = total });
    draft->after.terms.installments = (int)draft->after.row_count;
    draft->rebate = rebate;
    draft->pay = plan_parts_total(&at.arrears) + total;
    return true;
}

bool change_payoff(struct work *w, struct change_draft *draft)
{
    if (!one_row(w, draft, draft->as_of))
        return false;
    draft->pay_number = draft->after.numbers[draft->after.row_count - 1];
    return true;
}

bool change_acceleration(struct work *w, struct change_draft *draft)
{
    return one_row(w, draft, draft->as_of);
}

/* ---- By the engine ------------------------------------------------------------------------------------------------------------------------------ */

bool change_prepayment(struct work *w, struct change_draft *draft)
{
    struct plan_change change = { .type = PLAN_PREPAY, .amount = draft->in->amount, .rebate = change_rebate_of(draft->in) };
    plan_prepay_choice_parse(draft->in->choice, &change.choice);
    const struct plan_changed *changed = change_by_engine(w, draft->force, &change);
    if (!changed)
        return false;
    draft->pay = draft->in->amount;
    if (change.choice == PLAN_NEXT_INSTALLMENTS) {   /* pays rows as they stand */
        draft->after = *draft->before;
        return true;
    }
    const int64_t rest = draft->in->amount - changed->arrears;
    if (rest == 0)
        return change_refuse(w, (struct plan_fault){ .pointer = "/amount", .code = "range", .detail = "only pays what is due: pay it as it is" });
    const struct plan_row *first = &changed->rows[changed->kept];
    draft->pay_number = change_add(draft, (struct change_added){ draft->as_of, 0, first->opening_balance + rest, { .principal = rest } });
    change_adopt(draft, changed);
    return true;
}

static void read_frequency(const struct change_frequency *in, struct plan_frequency *out)
{
    plan_unit_parse(in->unit, &out->unit);
    out->every = (int)in->every;
    if (out->unit == PLAN_SEMIMONTH) {
        out->days[0] = in->days_count == 2 ? (int)in->days[0] : 1;
        out->days[1] = in->days_count == 2 ? (int)in->days[1] : 15;
    }
}

/* The member that makes the rate what it is. */
static const char *rate_pointer(const struct compute_change_in *in)
{
    return !slice_is_none(in->annual_rate) ? "/annual_rate" : in->frequency ? "/frequency" : in->has_installments ? "/installments" : "/first_due_date";
}

bool change_reschedule(struct work *w, struct change_draft *draft)
{
    const struct compute_change_in *in = draft->in;
    struct plan_change change = { .type = PLAN_RESCHEDULE, .installments = (int)in->installments, .has_annual_rate = !slice_is_none(in->annual_rate),
                                  .has_frequency = in->frequency != NULL, .has_first_due_date = !slice_is_none(in->first_due_date) };
    if (change.has_annual_rate && !decimal_parse(in->annual_rate, PLAN_RATE_SCALE_MAX, &change.annual_rate))
        return change_refuse(w, (struct plan_fault){ .pointer = "/annual_rate", .code = "format", .detail = "must have at most 10 decimals" });
    if (in->frequency)
        read_frequency(in->frequency, &change.frequency);
    if (change.has_first_due_date)
        date_parse(in->first_due_date, &change.first_due_date);
    if (!slice_is_none(in->arrears))
        plan_arrears_parse(in->arrears, &change.arrears);
    const struct plan_changed *changed = change_by_engine(w, draft->force, &change);
    if (!changed || !change_rate_of(w, draft, changed, rate_pointer(in)))
        return false;
    change_adopt(draft, changed);
    return true;
}

bool change_skip(struct work *w, struct change_draft *draft)
{
    const struct plan_change change = { .type = PLAN_SKIP, .periods = (int)draft->in->periods, .same_end = draft->in->same_end };
    const struct plan_changed *changed = change_by_engine(w, draft->force, &change);
    if (changed)
        change_adopt(draft, changed);
    return changed != NULL;
}

/* What the shop lets customers do by themselves: so many days at most, in all that they ever moved it and less than a period, and not again for a while. */
static bool within_policy(struct work *w, const struct change_draft *draft, const struct plan_changed *changed)
{
    const struct plan_row *first = &changed->rows[changed->kept], *before = &draft->before->rows[changed->kept];
    if (!draft->by_customer)
        return true;
    if (draft->facts.due_day_moved)
        return work_fail(w, &PROBLEM_not_by_policy, "due dates were moved not long ago: the shop can move them again") != NULL;
    const int period = draft->before->terms.frequency.unit == PLAN_SEMIMONTH ? 14 : 27, later = draft->facts.due_day_later < period ? draft->facts.due_day_later : period;
    const int moves = first->due_date - before->due_date, in_all = moves + draft->facts.due_days_moved;
    return moves <= 0 || (moves <= later && in_all <= later) ||
           work_fail(w, &PROBLEM_not_by_policy, "due dates may move by at most %d days in all", later) != NULL;
}

bool change_due_day(struct work *w, struct change_draft *draft)
{
    struct plan_change change = { .type = PLAN_DUE_DAY, .days = { (int)draft->in->days[0], draft->in->days_count > 1 ? (int)draft->in->days[1] : 0 } };
    const struct plan_changed *changed = change_by_engine(w, draft->force, &change);
    if (!changed || !within_policy(w, draft, changed))
        return false;
    change_adopt(draft, changed);
    return true;
}
