/* Some lines returned: their price comes off what is owed, what is overdue first; interest of before stays owed or goes back, by the shop's rule. The engine says what becomes of
 * its rows (PLAN_RETURN); here is what it does not know: what the lines cost, and which rows, the deposit among them, the money that goes back was paid for. Pure. */
#include "base/log.h"
#include "change.h"
#include "gen/problems.h"
#include "wire/json.h"

/* ---- What comes back ------------------------------------------------------------------------------------------------------------------------------ */

static const cJSON *line_of(const cJSON *lines, int64_t number)
{
    for (const cJSON *line = lines ? lines->child : NULL; line; line = line->next)
        if (json_member_int64(line, "line", -1) == number)
            return line;
    return NULL;
}

/* So many units of a line, as the request names them; 0 where an earlier element has named it already. */
static int64_t units_of(const struct compute_change_in *in, size_t at)
{
    int64_t units = 0;
    for (size_t i = 0; i < in->lines_count; i++) {
        if (in->lines[i].line != in->lines[at].line)
            continue;
        if (i < at)
            return 0;
        units += in->lines[i].quantity;
    }
    return units;
}

/* Of the first so many units of a line: a discount is spread over all of them so that they make up its total. */
static int64_t price_of_units(const cJSON *line, int64_t units)
{
    return money_divide((__int128)json_member_int64(line, "line_total", 0) * units, json_member_int64(line, "quantity", 1), ROUND_DOWN);
}

static bool can_come_back(struct work *w, const cJSON *line, int64_t number, int64_t units)
{
    if (!line)
        return work_fail(w, &PROBLEM_order_line_not_found, "line %lld", (long long)number) != NULL;
    const int64_t left = json_member_int64(line, "quantity", 1) - json_member_int64(line, "returned", 0), picking = json_member_int64(line, "picking", 0);
    if (units > left)
        return work_fail(w, &PROBLEM_nothing_left_to_return, "line %lld: %lld wanted, %lld left", (long long)number, (long long)units, (long long)left) != NULL;
    return units <= left - picking || work_fail(w, &PROBLEM_line_being_picked, "line %lld: %lld wanted, %lld of the %lld left are picking: cancel the shipment first",
                                                (long long)number, (long long)units, (long long)picking, (long long)left) != NULL;
}

/* What the lines cost, and all that has not come back before; false when they are not there to come back. */
static bool price_of(struct work *w, struct change_draft *draft, int64_t *all)
{
    const cJSON *lines = json_parse(w->arena, draft->facts.lines, NULL, NULL);
    for (const cJSON *line = lines ? lines->child : NULL; line; line = line->next)
        *all += json_member_int64(line, "line_total", 0) - price_of_units(line, json_member_int64(line, "returned", 0));
    for (size_t i = 0; i < draft->in->lines_count; i++) {
        const int64_t number = draft->in->lines[i].line, units = units_of(draft->in, i);
        const cJSON *line = line_of(lines, number);
        if (!can_come_back(w, line, number, units))
            return false;
        const int64_t before = json_member_int64(line, "returned", 0);
        draft->returned += price_of_units(line, before + units) - price_of_units(line, before);
    }
    return draft->returned > 0 || work_fail(w, &PROBLEM_nothing_to_change, "nothing was to be paid for these lines") != NULL;
}

/* ---- What goes back ------------------------------------------------------------------------------------------------------------------------------- */

static struct plan_row *row_of(struct contract_plan *plan, int number)
{
    for (size_t i = 0; i < plan->row_count; i++)
        if (plan->numbers[i] == number)
            return &plan->rows[i];
    return NULL;
}

/* What stays of a receivable so far; NULL: all of it. */
static struct plan_parts *cut_of(const struct change_draft *draft, const struct receivable *row)
{
    for (size_t i = 0; i < draft->replaced_count; i++)
        if (draft->replaced[i].row == row)
            return &draft->replaced[i].stays;
    return NULL;
}

/* To be cut. */
static struct plan_parts *stays_of(struct change_draft *draft, const struct receivable *row)
{
    if (!cut_of(draft, row))
        change_replace(draft, row, row->parts);
    return cut_of(draft, row);
}

static void move(int64_t *from, int64_t *to, int64_t most)
{
    const int64_t moved = money_lesser(*from, most);
    *from -= moved;
    *to += moved;
}

/* Fees, tax and interest, in this order, up to an amount. */
static void move_parts(struct plan_parts *from, struct plan_parts *to, int64_t most)
{
    const int64_t end = plan_parts_total(to) + most;
    move(&from->fees, &to->fees, end - plan_parts_total(to));
    move(&from->tax, &to->tax, end - plan_parts_total(to));
    move(&from->interest, &to->interest, end - plan_parts_total(to));
}

/* The plan's row of a receivable, if there is one. */
static void follow(struct plan_row *row, const struct plan_parts *parts)
{
    if (!row)
        return;
    row->opening_balance += parts->principal - row->principal;
    row->principal = parts->principal;
    row->interest = parts->interest;
    row->fees = parts->fees;
    row->tax = parts->tax;
    row->total = plan_parts_total(parts);
}

/* Off the principal that was paid, the newest rows first: there is no other any more. What it pays instead is in these rows now, the rest goes back;
 * but for what was waived since it was sold, which is neither owed nor paid. */
static bool take_off_paid(struct work *w, struct change_draft *draft, int64_t amount, struct plan_parts covered)
{
    draft->refund = amount - plan_parts_total(&covered);
    for (size_t i = draft->account->row_count; i-- > 0 && amount > 0;) {
        const struct receivable *row = &draft->account->rows[i];
        const struct plan_parts *now = cut_of(draft, row) ? cut_of(draft, row) : &row->parts;
        const int64_t taken = money_lesser(now->principal, amount);
        if (row->replaced || taken == 0)
            continue;
        struct plan_parts *stays = stays_of(draft, row);
        stays->principal -= taken;
        amount -= taken;
        move_parts(&covered, stays, taken);
        follow(row_of(&draft->after, row->number), stays);
    }
    if (amount > 0)
        log_warn("less is left of a price than comes back: the rest was waived", LOG_INT("amount", amount));
    draft->refund -= amount;
    return draft->refund >= 0 || work_fail(w, &PROBLEM_nothing_to_change, "what these lines cost was waived") != NULL;
}

/* Rows that nothing is left of are no rows of the plan any more: it owes nothing else, and balances are to chain. The account keeps them. */
static void drop_empty(struct contract_plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].total == 0)
            continue;
        plan->rows[count] = plan->rows[i];
        plan->numbers[count++] = plan->numbers[i];
    }
    plan->row_count = count;
    plan->terms.installments = (int)count;
}

/* ---- All ------------------------------------------------------------------------------------------------------------------------------------------- */

/* What the shop's rule says, for this return or in general. */
static struct slice interest_rule(const struct change_draft *draft)
{
    const struct slice own = draft->in->refund_interest, policy = draft->facts.refund_interest;
    return !slice_is_none(own) ? own : !slice_is_none(policy) ? policy : SLICE("unearned");
}

bool change_return(struct work *w, struct change_draft *draft)
{
    struct plan_change change = { .type = PLAN_RETURN, .choice = PLAN_LOWER_INSTALLMENT, .rebate = change_rebate_of(draft->in) };
    int64_t all = 0;
    if (!price_of(w, draft, &all))
        return false;
    if (!slice_is_none(draft->in->choice))
        plan_prepay_choice_parse(draft->in->choice, &change.choice);
    if (change.choice == PLAN_NEXT_INSTALLMENTS)
        return change_refuse(w, (struct plan_fault){ .pointer = "/choice", .code = "enum", .detail = "must be shorter_term or lower_installment" });
    draft->refund_interest = interest_rule(draft);
    if (slice_equals_text(draft->refund_interest, "earned"))
        change.refund = (struct plan_rate){ draft->returned, all };
    change.amount = draft->returned;
    const struct plan_changed *changed = change_by_engine(w, draft->force, &change);
    if (!changed)
        return false;
    change_adopt(draft, changed);
    draft->refunded = changed->refunded;
    draft->rebate -= changed->covered.interest;
    if (changed->beyond == 0)
        return true;
    if (!take_off_paid(w, draft, changed->beyond, changed->covered))
        return false;
    drop_empty(&draft->after);
    return true;
}
