/* Who may ask for which change, what it needs, and what becomes of the contract: one row a kind. Pure. */
#include "change.h"

#include "gen/problems.h"

static const struct change_rule rules[] = {
    { .kind = "payoff", .takes = CHANGE_DATE | CHANGE_REBATE, .for_customers = true, .customers_give = CHANGE_DATE, .compute = change_payoff },
    { .kind = "prepayment", .takes = CHANGE_DATE | CHANGE_AMOUNT | CHANGE_CHOICE | CHANGE_REBATE, .needs = CHANGE_AMOUNT | CHANGE_CHOICE,
      .for_customers = true, .customers_give = CHANGE_DATE | CHANGE_AMOUNT | CHANGE_CHOICE, .compute = change_prepayment },
    { .kind = "reschedule", .takes = CHANGE_INSTALLMENTS | CHANGE_FREQUENCY | CHANGE_FIRST_DUE_DATE | CHANGE_ARREARS, .compute = change_reschedule },
    { .kind = "refinance", .takes = CHANGE_INSTALLMENTS | CHANGE_RATE | CHANGE_FREQUENCY | CHANGE_FIRST_DUE_DATE | CHANGE_ARREARS, .needs = CHANGE_RATE,
      .compute = change_reschedule },
    { .kind = "due_day", .takes = CHANGE_DAYS, .needs = CHANGE_DAYS, .for_customers = true, .customers_give = CHANGE_DAYS, .compute = change_due_day },
    { .kind = "skip", .takes = CHANGE_PERIODS | CHANGE_SAME_END, .needs = CHANGE_PERIODS, .compute = change_skip },
    { .kind = "cancellation", .for_customers = true, .contract_becomes = "terminated", .order_becomes = "canceled", .compute = change_cancellation },
    { .kind = "withdrawal", .for_customers = true, .contract_becomes = "terminated", .order_becomes = "canceled", .compute = change_withdrawal },
    { .kind = "return", .takes = CHANGE_LINES | CHANGE_CHOICE | CHANGE_REBATE | CHANGE_REFUND_INTEREST | CHANGE_RESTOCK, .needs = CHANGE_LINES,
      .compute = change_return },
    { .kind = "acceleration", .takes = CHANGE_REBATE, .contract_becomes = "defaulted", .compute = change_acceleration },
    { .kind = "write_off", .approved = true, .contract_becomes = "written_off", .compute = change_write_off },
};

const struct change_rule *change_rule_of(struct slice kind)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (slice_equals_text(kind, rules[i].kind))
            return &rules[i];
    return NULL;
}

static unsigned given(const struct compute_change_in *in, const char *const **names)
{
    static const char *const pointers[] = { "/as_of", "/amount", "/choice", "/rebate", "/installments", "/annual_rate", "/frequency", "/first_due_date",
                                            "/arrears", "/periods", "/same_end", "/days", "/lines", "/refund_interest", "/restock", NULL };
    const bool has[] = { !slice_is_none(in->as_of), in->has_amount, !slice_is_none(in->choice), !slice_is_none(in->rebate), in->has_installments,
                         !slice_is_none(in->annual_rate), in->frequency != NULL, !slice_is_none(in->first_due_date), !slice_is_none(in->arrears),
                         in->has_periods, in->has_same_end, in->days_count > 0, in->lines_count > 0,
                         !slice_is_none(in->refund_interest), in->has_restock };
    unsigned members = 0;
    for (unsigned i = 0; i < sizeof has / sizeof *has; i++)
        members |= has[i] ? 1u << i : 0;
    *names = pointers;
    return members;
}

bool change_request_check(struct work *w, const struct change_rule *rule, const struct compute_change_in *in)
{
    const char *const *names;
    const unsigned members = given(in, &names);
    const bool customer = w->identity.kind == IDENTITY_CUSTOMER;
    if (customer && !rule->for_customers)
        return work_fail(w, &PROBLEM_forbidden, "a %s is for the shop to ask for", rule->kind) != NULL;
    const unsigned takes = customer ? rule->customers_give : rule->takes;
    for (unsigned i = 0; names[i]; i++) {
        const unsigned member = 1u << i;
        if (members & member & ~takes)
            work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(names[i]), "unknown_field", "is not said of a %s%s", rule->kind,
                            rule->takes & member ? " by its customer" : "");
        if (rule->needs & member & ~members)
            work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(names[i]), "required", "is needed for a %s", rule->kind);
    }
    if (!customer && slice_is_none(in->reason))
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/reason"), "required", "is needed: why is kept with the change");
    return !work_failed(w);
}
