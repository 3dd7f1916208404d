/* One exact rational for each figure, rounded once. */
#include "late_interest.h"

#include "plan.h"

/* principal x rate x days / year_days, or -1 when it outgrows MONEY_MAX. */
static int64_t interest_for(const struct late_terms *terms, int64_t days)
{
    const __int128 numerator = (__int128)terms->principal * terms->annual_rate.digits * days;
    const __int128 denominator = (__int128)plan_power_of_ten(terms->annual_rate.scale) * terms->year_days;
    return numerator / denominator > MONEY_MAX ? -1 : money_divide(numerator, denominator, terms->mode);
}

/* Section 5A: 40 pounds for debts below 1,000, 70 below 10,000, 100 from there. */
static int64_t uk_compensation(int64_t debt)
{
    return debt < 100000 ? 4000 : debt < 1000000 ? 7000 : 10000;
}

bool late_interest_of(const struct late_terms *terms, struct late_interest *out)
{
    *out = (struct late_interest){ .annual = interest_for(terms, terms->year_days), .daily = interest_for(terms, 1) };
    if (out->annual < 0 || out->daily < 0)
        return false;
    if (!terms->daily_rounded)
        out->interest = interest_for(terms, terms->days);
    else if (!money_multiply(out->daily, terms->days, &out->interest))
        return false;
    out->compensation = terms->uk_compensation ? uk_compensation(terms->principal) : 0;
    return out->interest >= 0 && money_add(out->interest, out->compensation, &out->total);
}
