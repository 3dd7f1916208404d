/* What makes plan terms valid. plan_check is the only place with rules about terms: after it,
 * plan_build relies on the ranges of plan.h (rates and days small enough for 64-bit fractions, dates inside the calendar). Pure. */
#include "plan.h"

#include "base/date.h"
#include "plan_dates.h"
#include "plan_rows.h"

static struct plan_fault fault(const char *pointer, const char *code, const char *detail)
{
    return (struct plan_fault){ .pointer = pointer, .code = code, .detail = detail };
}

static struct plan_fault fault_at(const char *list, size_t index, const char *member, const char *detail)
{
    return (struct plan_fault){ .pointer = list, .code = "range", .detail = detail, .index = index, .member = member };
}

int64_t plan_power_of_ten(int exponent)
{
    int64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* value <= maximum, for decimals of at most PLAN_RATE_SCALE_MAX places. */
static bool decimal_within(struct decimal value, int64_t maximum)
{
    return value.scale >= 0 && value.scale <= PLAN_RATE_SCALE_MAX && value.digits >= 0 &&
           value.digits <= maximum * plan_power_of_ten(value.scale);
}

static struct plan_fault check_amounts(const struct plan_terms *terms)
{
    if (terms->principal < 1 || terms->principal > MONEY_MAX)
        return fault("/principal", "range", "must be between 1 and 9007199254740991");
    if (terms->installments < 1 || terms->installments > PLAN_INSTALLMENTS_MAX)
        return fault("/installments", "range", "must be between 1 and 600");
    if (!decimal_within(terms->annual_rate, PLAN_RATE_MAX))
        return fault("/annual_rate", "range", "must be between 0 and 10 with at most 10 decimals");
    if (terms->rounding.unit < 1 || terms->rounding.unit > PLAN_ROUNDING_UNIT_MAX)
        return fault("/rounding/unit", "range", "must be between 1 and 1000000");
    if (terms->rounding.carry == PLAN_CARRY_UNROUNDED && terms->rounding.unit != 1)
        return fault("/rounding/unit", "range", "must be 1 where balances are carried unrounded");
    return plan_fine;
}

static struct plan_fault check_tax(const struct plan_terms *terms)
{
    if (!decimal_within(terms->tax_on_interest, 1))
        return fault("/tax_rate_on_interest", "range", "must be between 0 and 1 with at most 10 decimals");
    if (!decimal_within(terms->tax_on_fees, 1))
        return fault("/tax_rate_on_fees", "range", "must be between 0 and 1 with at most 10 decimals");
    return plan_fine;
}

static struct plan_fault check_grace(const struct plan_terms *terms)
{
    if (terms->grace.principal < 0 || terms->grace.principal >= terms->installments)
        return fault("/grace/principal", "range", "must leave an installment that repays");
    if (terms->grace.interest < 0 || terms->grace.interest >= terms->installments)
        return fault("/grace/interest", "range", "must leave an installment with interest");
    if (terms->grace.principal && (terms->method == PLAN_CUSTOM || terms->method == PLAN_INTEREST_ONLY))
        return fault("/grace/principal", "unknown_field", "belongs to methods that repay with every installment");
    return plan_fine;
}

static struct plan_fault check_fees(const struct plan_terms *terms)
{
    if (terms->fee_count > PLAN_FEES_MAX)
        return fault("/fees", "too_many", "at most 20");
    for (size_t i = 0; i < terms->fee_count; i++) {
        const struct plan_fee *fee = &terms->fees[i];
        if (fee->percent ? !decimal_within(fee->share, 1) : fee->amount < 0 || fee->amount > MONEY_MAX)
            return fault_at("/fees", i, fee->percent ? "value" : "amount", "a percent fee is a fraction from 0 to 1, a fixed one an amount");
    }
    return plan_fine;
}

static struct plan_fault check_balloon(const struct plan_terms *terms)
{
    if (terms->method != PLAN_BALLOON && terms->balloon != 0)
        return fault("/balloon", "unknown_field", "belongs to the method balloon");
    if (terms->method == PLAN_BALLOON && (terms->balloon < 1 || terms->balloon > MONEY_MAX))
        return fault("/balloon", "range", "must be at least 1 and at most the amount financed");
    return plan_fine;
}

static struct plan_fault check_rows(const struct plan_terms *terms)
{
    int32_t previous = terms->start_date;
    if (terms->method != PLAN_CUSTOM)
        return plan_fine;
    if (terms->has_first_due_date)
        return fault("/first_due_date", "unknown_field", "is that of the first of `rows` in a custom plan");
    for (int i = 0; i < terms->installments; i++) {
        const struct plan_custom_row *row = &terms->rows[i];
        if (row->due_date <= previous || row->due_date - previous > PLAN_PERIOD_DAYS_MAX)
            return fault_at("/rows", (size_t)i, "due_date", "due dates must follow the start and each other, at most 3660 days apart");
        if (row->percent ? !decimal_within(row->share, 1) : row->amount < 0 || row->amount > MONEY_MAX)
            return fault_at("/rows", (size_t)i, row->percent ? "percent" : "amount", "a share is a fraction from 0 to 1, an amount at least 0");
        previous = row->due_date;
    }
    return plan_fine;
}

static struct plan_fault check_deposit(const struct plan_terms *terms)
{
    const struct plan_deposit *deposit = &terms->deposit;
    if (deposit->type == PLAN_DEPOSIT_FIXED && (deposit->amount < 0 || deposit->amount >= terms->principal))
        return fault("/deposit/amount", "range", "must be less than the principal");
    if (deposit->type == PLAN_DEPOSIT_PERCENT &&
        (!decimal_within(deposit->share, 1) || deposit->share.digits == plan_power_of_ten(deposit->share.scale)))
        return fault("/deposit/value", "range", "must be a fraction of at least 0 and less than 1, such as 0.20");
    return plan_fine;
}

static struct plan_fault check_frequency(const struct plan_terms *terms)
{
    const struct plan_frequency *frequency = &terms->frequency;
    if (!plan_frequency_valid(frequency))
        return fault("/frequency/every", "range", "a period must be at least one unit and at most a year");
    if (frequency->unit == PLAN_SEMIMONTH && (frequency->days[0] < 1 || frequency->days[0] > 27 ||
                                              frequency->days[1] <= frequency->days[0] || frequency->days[1] > 31))
        return fault("/frequency/days", "range", "must be two days, the first from 1 to 27, the second later and at most 31");
    return plan_fine;
}

static struct plan_fault check_dates(const struct plan_terms *terms)
{
    const int32_t earliest = date_from_civil((struct civil){ PLAN_YEAR_MIN, 1, 1 });
    const int32_t latest = date_from_civil((struct civil){ PLAN_YEAR_MAX, 12, 31 });
    if (terms->start_date < earliest || terms->start_date > latest)
        return fault("/start_date", "range", "must be in the years 1900 to 9000");
    if (terms->has_first_due_date && (terms->first_due_date <= terms->start_date ||
                                      terms->first_due_date - terms->start_date > PLAN_PERIOD_DAYS_MAX))
        return fault("/first_due_date", "range", "must be after the start date, by at most 3660 days");
    if (terms->has_first_due_date && terms->frequency.unit == PLAN_SEMIMONTH && !plan_is_due_day(&terms->frequency, terms->first_due_date))
        return fault("/first_due_date", "range", "must be one of the two days of the semimonths");
    return plan_fine;
}

struct plan_fault plan_check(const struct plan_terms *terms)
{
    static struct plan_fault (*const checks[])(const struct plan_terms *) = { check_amounts, check_tax, check_deposit, check_frequency, check_dates,
                                                                                   check_grace, check_fees, check_balloon, check_rows };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const struct plan_fault found = checks[i](terms);
        if (!plan_ok(found))
            return found;
    }
    return plan_fine;
}
