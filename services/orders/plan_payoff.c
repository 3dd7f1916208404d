/* What settles a plan in force. Rows that are due count as they are; the rest lose the interest that the rule gives back. Pure. */
#include "plan_standing.h"

#include "plan_rows.h"

struct plan_fault plan_payoff_of(const struct plan_in_force *plan, enum plan_rebate rebate, struct plan_payoff *out)
{
    struct plan_standing at;
    const struct plan_fault fault = plan_standing_of(plan, &at);
    if (!plan_ok(fault))
        return fault;
    *out = (struct plan_payoff){ 0 };
    out->rebate = plan_rebate_of(plan, &at, rebate);
    int64_t interest = at.carried + at.run + at.unearned - out->rebate, ahead = at.ahead;
    int64_t tax = at.carried_tax + plan_tax_behind(plan, &at, interest), principal = at.balance, fees = at.carried_fees;
    int64_t *const parts[] = { &fees, &tax, &interest, &principal };   /* in the order in which money paid ahead covers them */
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const int64_t covered = money_lesser(ahead, *parts[i]);
        *parts[i] -= covered;
        ahead -= covered;
    }
    out->refund = ahead;
    out->principal = at.arrears.principal + principal;
    out->interest = at.arrears.interest + interest;
    out->fees = at.arrears.fees + fees;
    out->tax = at.arrears.tax + tax;
    out->arrears = plan_parts_total(&at.arrears);
    out->total = out->principal + out->interest + out->fees + out->tax;
    return plan_fine;
}
