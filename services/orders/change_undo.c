/* Changes without a plan of their own: what goes back, what nobody expects any more, and what a payment that did not come has undone. Pure. */
#include "change.h"

#include "gen/problems.h"
#include "plan_rows.h"

/* ---- Write-off ---------------------------------------------------------------------------------------------------------------------------------- */

/* The parts of a receivable that are paid. */
static struct plan_parts paid_of(const struct plan_terms *terms, const struct receivable *row)
{
    const struct plan_row as_row = { .principal = row->parts.principal, .interest = row->parts.interest, .fees = row->parts.fees, .tax = row->parts.tax,
                                     .total = row->total };
    const struct plan_parts unpaid = plan_unpaid(terms, &as_row, row->paid);
    return (struct plan_parts){ row->parts.principal - unpaid.principal, row->parts.interest - unpaid.interest, row->parts.fees - unpaid.fees,
                                row->parts.tax - unpaid.tax };
}

bool change_write_off(struct work *w, struct change_draft *draft)
{
    for (size_t i = 0; i < draft->account->row_count; i++) {
        const struct receivable *row = &draft->account->rows[i];
        if (row->paid < row->total)
            change_replace(draft, row, paid_of(&draft->before->terms, row));
    }
    draft->after = *draft->before;
    return draft->replaced_count > 0 || work_fail(w, &PROBLEM_nothing_to_change, "nothing is owed") != NULL;
}

/* ---- Restore ------------------------------------------------------------------------------------------------------------------------------------- */

static bool names(const struct contract_plan *plan, int number)
{
    for (size_t i = 0; i < plan->row_count; i++)
        if (plan->numbers[i] == number)
            return true;
    return false;
}

/* The rows that the change made, which nobody has to pay any more. */
static void take_back(struct change_draft *draft, const struct contract_plan *original, const struct receivable *unpaid)
{
    for (size_t i = 0; i < draft->before->row_count; i++) {
        const struct receivable *row = account_row(draft->account, draft->before->numbers[i]);
        if (row != unpaid && !names(original, draft->before->numbers[i]))
            change_replace(draft, row, (struct plan_parts){ .principal = row->paid });
    }
    const int64_t principal = money_lesser(unpaid->paid, unpaid->parts.principal), fees = money_lesser(unpaid->paid - principal, unpaid->parts.fees);
    const int64_t beyond = unpaid->paid - principal - fees, charged = unpaid->parts.interest + unpaid->parts.tax;
    const int64_t interest = beyond ? (int64_t)((__int128)beyond * unpaid->parts.interest / charged) : 0;
    change_replace(draft, unpaid, (struct plan_parts){ principal, interest, fees, beyond - interest });
}

/* Interest, fees and tax that were waived of what the change asked for are not owed with the rows put back, either: the first that have any ask for less. */
static void forgive(struct plan_row *row, struct plan_parts *left)
{
    const struct plan_parts by = { .interest = money_lesser(row->interest, left->interest), .fees = money_lesser(row->fees, left->fees), .tax = money_lesser(row->tax, left->tax) };
    contract_row_lower(row, &by);
    left->interest -= by.interest;
    left->fees -= by.fees;
    left->tax -= by.tax;
}

/* Rows of the plan that was, those the change replaced asked for anew. */
static void put_back(struct change_draft *draft, const struct plan_row *rows, const int *numbers, size_t count, size_t kept, struct plan_parts waived)
{
    struct contract_plan *after = &draft->after;
    for (size_t i = 0; i < count; i++) {
        struct plan_row *row = &after->rows[i];
        *row = rows[i];
        if (i >= kept)
            forgive(row, &waived);
        after->numbers[i] = i < kept ? numbers[i]
                                     : change_add(draft, (struct change_added){ row->due_date, row->days, row->opening_balance, change_parts_of(row) });
    }
    after->row_count = count;
}

/* All principal of a payoff was paid: no balance is left to make a plan of, only the rest of the interest and the fees of before that were owed, and their tax. It is due when
 * the next row was, and runs no further. */
static bool put_back_rest(struct work *w, struct change_draft *draft, const struct contract_plan *original, const struct plan_standing *at,
                          const struct receivable *unpaid)
{
    const struct plan_parts *stays = &draft->replaced[draft->replaced_count - 1].stays;
    const int64_t interest = unpaid->parts.interest - stays->interest, fees = unpaid->parts.fees - stays->fees, tax = unpaid->parts.tax - stays->tax;
    const int64_t total = interest + fees + tax;
    const size_t count = at->kept + 1;
    struct plan_row *rows = ARENA_ARRAY(w->arena, struct plan_row, count);
    if (at->kept == original->row_count || total < 1)
        return work_fail(w, &PROBLEM_internal, "what is left of a payoff is no row") != NULL;
    memcpy(rows, original->rows, at->kept * sizeof *rows);
    const int32_t due = original->rows[at->kept].due_date;
    rows[at->kept] = (struct plan_row){ .number = (int)count, .due_date = due, .days = due - at->from, .rate = { 0, 1 }, .brought = interest, .brought_fees = fees,
                                        .brought_tax = plan_tax_beside(&original->terms, interest, tax), .interest = interest, .fees = fees, .tax = tax, .total = total };
    put_back(draft, rows, original->numbers, count, at->kept, (struct plan_parts){ 0 });
    draft->after.terms = original->terms;
    draft->after.terms.installments = (int)count;
    return true;
}

static bool put_back_recomputed(struct work *w, struct change_draft *draft, const struct plan_in_force *was, const struct contract_plan *original,
                                const struct receivable *unpaid)
{
    const int64_t paid = unpaid->paid + unpaid->waived.principal;   /* which nobody owes any more, either */
    const struct plan_change change = { .type = paid > 0 ? PLAN_PREPAY : PLAN_RESCHEDULE, .amount = paid, .choice = PLAN_LOWER_INSTALLMENT };
    struct plan_changed changed = { .rows = ARENA_ARRAY(w->arena, struct plan_row, PLAN_INSTALLMENTS_MAX),
                                    .paid = ARENA_ARRAY(w->arena, int64_t, PLAN_INSTALLMENTS_MAX) };
    int64_t *full = ARENA_ARRAY(w->arena, int64_t, was->row_count);   /* what is overdue keeps its rows: the money was for what comes behind */
    struct plan_in_force force = *was;
    struct plan_standing at;
    if (!plan_ok(plan_standing_of(was, &at)))
        return work_fail(w, &PROBLEM_internal, "the plan before the change cannot be read") != NULL;
    if (paid > 0 && paid >= at.balance - at.ahead)
        return put_back_rest(w, draft, original, &at, unpaid);
    for (size_t i = 0; i < was->row_count; i++)
        full[i] = i < at.kept ? was->rows[i].total : was->paid[i];
    force.paid = full;
    const struct plan_fault fault = plan_change_of(&force, &change, &changed);
    if (!plan_ok(fault))
        return change_refuse(w, fault);
    put_back(draft, changed.rows, original->numbers, changed.row_count, changed.kept, unpaid->waived);
    draft->after.terms = changed.terms;
    return true;
}

bool change_restore(struct work *w, struct change_draft *draft, const struct contract_plan *original, const struct receivable *unpaid)
{
    int64_t *paid = ARENA_ARRAY(w->arena, int64_t, original->row_count), ahead = 0;
    size_t kept = 0;
    take_back(draft, original, unpaid);
    for (size_t i = 0; i < original->row_count; i++) {
        const struct receivable *row = account_row(draft->account, original->numbers[i]);
        paid[i] = row ? row->paid : 0;
        if (row && !row->replaced && row->total == original->rows[i].total && kept == i)
            kept = i + 1;
        else
            ahead += paid[i];
    }
    const struct plan_in_force was = contract_plan_in_force(original, paid, draft->as_of);
    if (ahead > 0 || unpaid->paid > 0 || unpaid->waived.principal > 0)
        return put_back_recomputed(w, draft, &was, original, unpaid);
    put_back(draft, original->rows, original->numbers, original->row_count, kept, unpaid->waived);
    draft->after.terms = original->terms;
    return true;
}
