/* See deposit.h. Shares are counted in 10^-10 of a minor unit: a sum of them is below 2^53 x 10^10 < 2^87. */
#include "deposit.h"

static int64_t at_most(int64_t amount, int64_t most)
{
    return amount < most ? amount : most;
}

/* Fixed, for each unit. Not multiplied where it would be cut anyway. */
static int64_t fixed_of(const struct deposit_line *line)
{
    return line->rule.amount > line->total / line->quantity ? line->total : line->rule.amount * line->quantity;
}

static void take_plan(struct deposit_line *lines, size_t count, const struct plan_deposit *plan)
{
    for (size_t i = 0; i < count; i++)
        if (lines[i].source == DEPOSIT_OF_PLAN)
            lines[i].rule = *plan;
}

/* The fixed amount of the plan over its lines: each running sum is its exact part rounded down. */
static int64_t spread_fixed(struct deposit_line *lines, size_t count, int64_t amount)
{
    int64_t whole = 0, passed = 0, given = 0;
    for (size_t i = 0; i < count; i++)
        whole += lines[i].source == DEPOSIT_OF_PLAN ? lines[i].total : 0;
    amount = at_most(amount, whole);
    for (size_t i = 0; i < count && whole; i++) {
        if (lines[i].source != DEPOSIT_OF_PLAN)
            continue;
        passed += lines[i].total;
        const int64_t until = (int64_t)((__int128)amount * passed / whole);
        lines[i].deposit = until - given;
        given = until;
    }
    return given;
}

static __int128 share_of(const struct deposit_line *line)
{
    const struct decimal share = line->rule.share;
    return (__int128)line->total * share.digits * plan_power_of_ten(PLAN_RATE_SCALE_MAX - share.scale);
}

static int64_t rounded(__int128 shares, const struct plan_rounding *rounding)
{
    return money_divide(shares, (__int128)plan_power_of_ten(PLAN_RATE_SCALE_MAX) * rounding->unit, rounding->mode) * rounding->unit;
}

int64_t deposit_of_lines(struct deposit_line *lines, size_t count, const struct plan_deposit *plan, const struct plan_rounding *rounding)
{
    __int128 shares = 0;
    int64_t fixed = 0, given = 0;
    take_plan(lines, count, plan);
    for (size_t i = 0; i < count; i++) {
        struct deposit_line *line = &lines[i];
        line->deposit = 0;
        if (line->rule.type == PLAN_DEPOSIT_PERCENT) {
            shares += share_of(line);
            line->deposit = rounded(shares, rounding) - given;
            given += line->deposit;
        } else if (line->rule.type == PLAN_DEPOSIT_FIXED && line->source != DEPOSIT_OF_PLAN) {
            line->deposit = fixed_of(line);
            fixed += line->deposit;
        }
    }
    if (plan->type == PLAN_DEPOSIT_FIXED)
        fixed += spread_fixed(lines, count, plan->amount);
    return fixed + given;
}
