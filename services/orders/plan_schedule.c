/* Builds a schedule from checked terms: what is financed, due dates, the rate of each period, then the rows, fees and taxes, and the annual
 * rates of it all. Pure. */
#include "plan.h"

#include "plan_dates.h"
#include "plan_rates.h"
#include "plan_rows.h"

static const struct plan_rate no_rate = { 0, 1 };

static struct plan_rate rate_of(const struct plan_terms *terms, const struct plan_row *row)
{
    int64_t numerator, denominator;
    plan_row_fraction(terms, row, &numerator, &denominator);
    return (struct plan_rate){ terms->annual_rate.digits * numerator, plan_power_of_ten(terms->annual_rate.scale) * denominator };
}

/* Whether interest runs in a row at all. */
static bool bears_interest(const struct plan_terms *terms, size_t row)
{
    return terms->method != PLAN_INTEREST_FREE && terms->annual_rate.digits != 0 &&
           (terms->grace.interest_carried || row >= (size_t)terms->grace.interest);
}

void plan_rates_of_rows(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    for (size_t i = 0; i < schedule->row_count; i++) {
        struct plan_row *row = &schedule->rows[i];
        row->rests = false;
        row->rate = bears_interest(terms, i) ? rate_of(terms, row) : no_rate;
    }
}

static bool principal_and_interest_fit(const struct plan_schedule *schedule)
{
    int64_t payable = schedule->deposit;
    for (size_t i = 0; i < schedule->row_count; i++)
        if (!money_add(payable, schedule->rows[i].total, &payable))
            return false;
    return true;
}

/* Of custom plans the buyer said so, and in a grace there may be nothing to pay. */
static bool has_empty_row(const struct plan_terms *terms, const struct plan_schedule *schedule)
{
    const int grace = terms->grace.principal > terms->grace.interest ? terms->grace.principal : terms->grace.interest;
    for (size_t i = (size_t)grace; terms->method != PLAN_CUSTOM && i < schedule->row_count; i++)
        if (schedule->rows[i].total == 0)
            return true;
    return false;
}

struct plan_fault plan_build(const struct plan_terms *terms, struct plan_schedule *out)
{
    struct plan_fault fault = plan_check(terms);
    if (!plan_ok(fault))
        return fault;
    out->row_count = (size_t)terms->installments;
    out->brought = 0;
    out->add_on = PLAN_ADD_ON_BY_RATES;
    fault = plan_charges_at_start(terms, out);
    if (!plan_ok(fault))
        return fault;
    if (!plan_dates_fill(terms, out->rows))
        return (struct plan_fault){ .pointer = "/due_dates", .code = "range", .detail = "closed days leave no open one for a year" };
    plan_rates_of_rows(terms, out);
    fault = terms->rounding.carry == PLAN_CARRY_UNROUNDED ? plan_exact_fill(terms, out) : plan_rows_fill(terms, out);
    if (!plan_ok(fault))
        return fault;
    if (!principal_and_interest_fit(out))
        return (struct plan_fault){ .pointer = "/principal", .code = "range", .detail = "what is to be paid exceeds 9007199254740991" };
    if (!plan_charges_of_rows(terms, out))
        return (struct plan_fault){ .pointer = terms->fee_count ? "/fees" : "/tax_rate_on_interest", .code = "range",
                                    .detail = "what is to be paid exceeds 9007199254740991" };
    if (has_empty_row(terms, out))
        return (struct plan_fault){ .pointer = "/installments", .code = "range", .detail = "leave some with nothing to pay" };
    plan_rates_fill(terms, out);
    return plan_fine;
}
