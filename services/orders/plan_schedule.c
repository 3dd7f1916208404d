/* Builds a schedule from checked terms: what is financed, due dates, the rate of each period, then the rows, fees and taxes, and the annual
 * rates of it all. Pure. */
#include "plan.h"

#include "plan_dates.h"
#include "plan_rates.h"
#include "plan_rows.h"

static const struct plan_rate no_rate = { 0, 1 };

static struct plan_rate rate_of(const struct plan_terms *terms, int32_t from, int32_t to)
{
    int64_t numerator, denominator;
    plan_year_fraction(terms->day_count, &terms->frequency, from, to, &numerator, &denominator);
    return (struct plan_rate){ terms->annual_rate.digits * numerator, plan_power_of_ten(terms->annual_rate.scale) * denominator };
}

/* Whether interest runs in a row at all. */
static bool bears_interest(const struct plan_terms *terms, size_t row)
{
    return terms->method != PLAN_INTEREST_FREE && terms->annual_rate.digits != 0 &&
           (terms->grace.interest_carried || row >= (size_t)terms->grace.interest);
}

static void fill_rates(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    int32_t from = terms->start_date;
    for (size_t i = 0; i < schedule->row_count; i++) {
        struct plan_row *row = &schedule->rows[i];
        row->rests = false;
        row->rate = bears_interest(terms, i) ? rate_of(terms, from, row->due_date) : no_rate;
        from = row->due_date;
    }
}

struct plan_fault plan_build(const struct plan_terms *terms, struct plan_schedule *out)
{
    struct plan_fault fault = plan_check(terms);
    if (!plan_ok(fault))
        return fault;
    out->row_count = (size_t)terms->installments;
    fault = plan_charges_at_start(terms, out);
    if (!plan_ok(fault))
        return fault;
    if (!plan_dates_fill(terms, out->rows))
        return (struct plan_fault){ "/due_dates", "range", "closed days leave no open one for a year" };
    fill_rates(terms, out);
    fault = terms->rounding.carry == PLAN_CARRY_UNROUNDED ? plan_exact_fill(terms, out) : plan_rows_fill(terms, out);
    if (!plan_ok(fault))
        return fault;
    if (!plan_charges_of_rows(terms, out))
        return (struct plan_fault){ "/principal", "range", "what is to be paid exceeds 9007199254740991" };
    plan_rates_fill(terms, out);
    return plan_fine;
}
