/* How the API spells the engine's enumerations, both ways. Each table is indexed by its enumeration and is the only place a
 * name stands. Pure. */
#include "plan.h"

static const char *const method_names[] = { [PLAN_ANNUITY] = "annuity", [PLAN_INTEREST_FREE] = "interest_free" };
static const char *const unit_names[] = { [PLAN_DAY] = "day", [PLAN_WEEK] = "week", [PLAN_SEMIMONTH] = "semimonth", [PLAN_MONTH] = "month" };
static const char *const day_count_names[] = {
    [PLAN_PERIOD] = "period", [PLAN_30_360] = "30/360", [PLAN_ACTUAL_365] = "actual/365", [PLAN_ACTUAL_360] = "actual/360"
};
static const char *const mode_names[] = { [ROUND_HALF_EVEN] = "half_even", [ROUND_HALF_UP] = "half_up", [ROUND_HALF_DOWN] = "half_down",
                                          [ROUND_UP] = "up", [ROUND_DOWN] = "down" };
static const char *const residual_names[] = { [PLAN_RESIDUAL_LAST] = "last", [PLAN_RESIDUAL_FIRST] = "first" };

static bool find_name(struct slice text, const char *const *names, size_t count, size_t *index)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equals_text(text, names[i])) {
            *index = i;
            return true;
        }
    return false;
}

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

struct slice plan_method_name(enum plan_method method)
{
    return slice_from_text(method_names[method]);
}

struct slice plan_unit_name(enum plan_unit unit)
{
    return slice_from_text(unit_names[unit]);
}

struct slice plan_day_count_name(enum plan_day_count day_count)
{
    return slice_from_text(day_count_names[day_count]);
}

struct slice plan_rounding_mode_name(enum rounding mode)
{
    return slice_from_text(mode_names[mode]);
}

struct slice plan_residual_name(enum plan_residual residual)
{
    return slice_from_text(residual_names[residual]);
}
