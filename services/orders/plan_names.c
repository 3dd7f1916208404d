/* How the API spells the engine's enumerations, both ways. Each table is indexed by its enumeration and is the only place a
 * name stands. Pure. */
#include "plan.h"

#include "find_name.h"
#include "plan_change.h"

static const char *const method_names[] = { [PLAN_ANNUITY] = "annuity", [PLAN_EQUAL_PRINCIPAL] = "equal_principal", [PLAN_FLAT] = "flat",
                                            [PLAN_INTEREST_FREE] = "interest_free", [PLAN_INTEREST_ONLY] = "interest_only",
                                            [PLAN_BALLOON] = "balloon", [PLAN_CUSTOM] = "custom" };
static const char *const unit_names[] = { [PLAN_DAY] = "day", [PLAN_WEEK] = "week", [PLAN_SEMIMONTH] = "semimonth", [PLAN_MONTH] = "month" };
static const char *const day_count_names[] = { [PLAN_PERIOD] = "period", [PLAN_30_360] = "30/360", [PLAN_30E_360] = "30E/360",
                                               [PLAN_ACTUAL_360] = "actual/360", [PLAN_ACTUAL_365] = "actual/365",
                                               [PLAN_ACTUAL_ACTUAL] = "actual/actual" };
static const char *const mode_names[] = { [ROUND_HALF_EVEN] = "half_even", [ROUND_HALF_UP] = "half_up", [ROUND_HALF_DOWN] = "half_down",
                                          [ROUND_UP] = "up", [ROUND_DOWN] = "down" };
static const char *const residual_names[] = { [PLAN_RESIDUAL_LAST] = "last", [PLAN_RESIDUAL_FIRST] = "first" };
static const char *const carry_names[] = { [PLAN_CARRY_ROUNDED] = "rounded", [PLAN_CARRY_UNROUNDED] = "unrounded" };
static const char *const charged_names[] = { [PLAN_FEE_UPFRONT] = "upfront", [PLAN_FEE_FINANCED] = "financed", [PLAN_FEE_FIRST] = "first",
                                             [PLAN_FEE_EACH] = "each" };

static const char *const rebate_names[] = { [PLAN_REBATE_ACTUARIAL] = "actuarial", [PLAN_REBATE_PERIOD] = "period",
                                            [PLAN_REBATE_RULE_OF_78] = "rule_of_78", [PLAN_REBATE_NONE] = "none" };

static const char *const choice_names[] = { [PLAN_SHORTER_TERM] = "shorter_term", [PLAN_LOWER_INSTALLMENT] = "lower_installment",
                                            [PLAN_NEXT_INSTALLMENTS] = "next_installments" };
static const char *const arrears_names[] = { [PLAN_ARREARS_KEEP] = "keep", [PLAN_ARREARS_SPREAD] = "spread" };

/* plan_<what>_parse and plan_<what>_name. */
#define NAMED(what, type, names)                           \
    bool plan_##what##_parse(struct slice text, type *out) \
    {                                                      \
        const int index = FIND_NAME(text, names, slice_equals);          \
        if (index >= 0)                                    \
            *out = (type)index;                            \
        return index >= 0;                                 \
    }                                                      \
    struct slice plan_##what##_name(type value)            \
    {                                                      \
        return slice_from_text(names[value]);              \
    }

NAMED(method, enum plan_method, method_names)
NAMED(unit, enum plan_unit, unit_names)
NAMED(day_count, enum plan_day_count, day_count_names)
NAMED(rounding_mode, enum rounding, mode_names)
NAMED(residual, enum plan_residual, residual_names)
NAMED(carry, enum plan_carry, carry_names)
NAMED(fee_charged, enum plan_fee_charged, charged_names)
NAMED(rebate, enum plan_rebate, rebate_names)
NAMED(prepay_choice, enum plan_prepay_choice, choice_names)
NAMED(arrears, enum plan_arrears, arrears_names)
