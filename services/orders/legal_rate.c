/* See legal_rate.h. Pure. */
#include "legal_rate.h"

#include "base/money.h"
#include "plan.h"

#define RATE_DECIMALS 8

struct legal_rate legal_rate_of(const struct row *row)
{
    return (struct legal_rate){ .most = row_text(row, "legal_rate"), .nominal = slice_equals_text(row_text(row, "legal_basis"), "nominal") };
}

static int64_t digits(struct decimal rate)
{
    return rate.digits * plan_power_of_ten(RATE_DECIMALS - rate.scale);
}

bool legal_rate_allows(const struct legal_rate *legal, struct slice nominal, struct slice effective)
{
    struct decimal is, may_be;
    if (slice_is_none(legal->most))
        return true;
    return decimal_parse(legal->nominal ? nominal : effective, RATE_DECIMALS, &is) && decimal_parse(legal->most, RATE_DECIMALS, &may_be) &&
           digits(is) <= digits(may_be);
}
