/* What was waived of a row is taken off it as if it had never been agreed: its parts fall, and by its principal the balance of the rows up to it. The others stay as they are, and
 * so does the interest that was agreed; but what runs within a period from now on runs on the lower balance. Pure. */
#include "contract_plan.h"

/* Of the row, and of what it brings from before, which is the oldest of it. */
void contract_row_lower(struct plan_row *row, const struct plan_parts *by)
{
    const int64_t brought = money_lesser(row->brought, by->interest);
    row->brought -= brought;
    row->accrued -= money_lesser(row->accrued, by->interest - brought);
    row->interest -= by->interest;
    row->fees -= by->fees;
    row->tax -= by->tax;
    row->principal -= by->principal;
    row->total -= plan_parts_total(by);
    row->brought_fees = money_lesser(row->brought_fees, row->fees);
    row->brought_tax = money_lesser(row->brought_tax, row->tax);
}

static void lower(struct plan_row *rows, size_t at, const struct plan_parts *by)
{
    contract_row_lower(&rows[at], by);
    for (size_t i = 0; i <= at; i++)
        rows[i].opening_balance -= by->principal;
    for (size_t i = 0; i < at; i++)
        rows[i].closing_balance -= by->principal;
}

const struct contract_plan *contract_plan_waive(struct arena *arena, const struct contract_plan *plan, const struct account *account)
{
    struct contract_plan *less = ARENA_NEW(arena, struct contract_plan);
    *less = *plan;
    less->account = account;
    less->rows = ARENA_ARRAY(arena, struct plan_row, plan->row_count);
    for (size_t i = 0; i < plan->row_count; i++)
        less->rows[i] = plan->rows[i];
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct receivable *row = account_row(account, plan->numbers[i]);
        const struct plan_parts *now = row ? &row->waived : &plan->waived[i], *kept = &plan->waived[i];
        const struct plan_parts since = { now->principal - kept->principal, now->interest - kept->interest, now->fees - kept->fees, now->tax - kept->tax };
        lower(less->rows, i, &since);
    }
    return less;
}
