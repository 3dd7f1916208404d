/* What makes plan terms valid, and how the API spells them. plan_check is the only place with rules about terms: after it,
 * plan_build relies on the ranges of plan.h (rates and days small enough for 64-bit fractions, dates inside the calendar). Pure. */
#include "plan.h"

#include "base/date.h"
#include "plan_dates.h"

static const struct plan_fault fine = { NULL, NULL, NULL };

static struct plan_fault fault(const char *pointer, const char *code, const char *detail)
{
    return (struct plan_fault){ pointer, code, detail };
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
    return fine;
}

static struct plan_fault check_deposit(const struct plan_terms *terms)
{
    const struct plan_deposit *deposit = &terms->deposit;
    if (deposit->type == PLAN_DEPOSIT_FIXED && (deposit->amount < 0 || deposit->amount >= terms->principal))
        return fault("/deposit/amount", "range", "must be less than the principal");
    if (deposit->type == PLAN_DEPOSIT_PERCENT &&
        (!decimal_within(deposit->share, 1) || deposit->share.digits == plan_power_of_ten(deposit->share.scale)))
        return fault("/deposit/value", "range", "must be a fraction of at least 0 and less than 1, such as 0.20");
    return fine;
}

static struct plan_fault check_frequency(const struct plan_terms *terms)
{
    const struct plan_frequency *frequency = &terms->frequency;
    if (!plan_frequency_valid(frequency))
        return fault("/frequency/every", "range", "a period must be at least one unit and at most a year");
    if (frequency->unit == PLAN_SEMIMONTH && (frequency->days[0] < 1 || frequency->days[0] > 27 ||
                                              frequency->days[1] <= frequency->days[0] || frequency->days[1] > 31))
        return fault("/frequency/days", "range", "must be two days, the first from 1 to 27, the second later and at most 31");
    return fine;
}

static struct plan_fault check_dates(const struct plan_terms *terms)
{
    const int32_t earliest = date_from_civil((struct civil){ PLAN_YEAR_MIN, 1, 1 });
    const int32_t latest = date_from_civil((struct civil){ PLAN_YEAR_MAX, 12, 31 });
    if (terms->start_date < earliest || terms->start_date > latest)
        return fault("/start_date", "range", "must be in the years 1900 to 9000");
    if (terms->has_first_due_date && (terms->first_due_date <= terms->start_date ||
                                      terms->first_due_date - terms->start_date > PLAN_FIRST_PERIOD_DAYS_MAX))
        return fault("/first_due_date", "range", "must be after the start date, by at most 3660 days");
    return fine;
}

struct plan_fault plan_check(const struct plan_terms *terms)
{
    static struct plan_fault (*const checks[])(const struct plan_terms *) = { check_amounts, check_deposit, check_frequency, check_dates };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const struct plan_fault found = checks[i](terms);
        if (!plan_ok(found))
            return found;
    }
    return fine;
}

static bool find_name(struct slice text, const char *const *names, size_t count, size_t *index)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equals_text(text, names[i])) {
            *index = i;
            return true;
        }
    return false;
}

static const char *const method_names[] = { [PLAN_ANNUITY] = "annuity", [PLAN_INTEREST_FREE] = "interest_free" };
static const char *const unit_names[] = { [PLAN_DAY] = "day", [PLAN_WEEK] = "week", [PLAN_SEMIMONTH] = "semimonth", [PLAN_MONTH] = "month" };
static const char *const day_count_names[] = {
    [PLAN_PERIOD] = "period", [PLAN_30_360] = "30/360", [PLAN_ACTUAL_365] = "actual/365", [PLAN_ACTUAL_360] = "actual/360"
};
static const char *const mode_names[] = { [ROUND_HALF_EVEN] = "half_even", [ROUND_HALF_UP] = "half_up", [ROUND_HALF_DOWN] = "half_down",
                                          [ROUND_UP] = "up", [ROUND_DOWN] = "down" };
static const char *const residual_names[] = { [PLAN_RESIDUAL_LAST] = "last", [PLAN_RESIDUAL_FIRST] = "first" };

bool plan_method_parse(struct slice text, enum plan_method *out)
{
    size_t index;
    const bool found = find_name(text, method_names, sizeof method_names / sizeof *method_names, &index);
    if (found)
        *out = (enum plan_method)index;
    return found;
}

bool plan_unit_parse(struct slice text, enum plan_unit *out)
{
    size_t index;
    const bool found = find_name(text, unit_names, sizeof unit_names / sizeof *unit_names, &index);
    if (found)
        *out = (enum plan_unit)index;
    return found;
}

bool plan_day_count_parse(struct slice text, enum plan_day_count *out)
{
    size_t index;
    const bool found = find_name(text, day_count_names, sizeof day_count_names / sizeof *day_count_names, &index);
    if (found)
        *out = (enum plan_day_count)index;
    return found;
}

bool plan_rounding_mode_parse(struct slice text, enum rounding *out)
{
    size_t index;
    const bool found = find_name(text, mode_names, sizeof mode_names / sizeof *mode_names, &index);
    if (found)
        *out = (enum rounding)index;
    return found;
}

bool plan_residual_parse(struct slice text, enum plan_residual *out)
{
    size_t index;
    const bool found = find_name(text, residual_names, sizeof residual_names / sizeof *residual_names, &index);
    if (found)
        *out = (enum plan_residual)index;
    return found;
}
