/* What the tests of irregular flows share: one request, put together group by group, and its rate. */
#ifndef CUOTAS_TESTS_FLOWS_REQUEST_H
#define CUOTAS_TESTS_FLOWS_REQUEST_H

#include "vectors.h"

#include "orders/flows.h"

#include <math.h>

static struct flow_group groups[FLOWS_GROUPS_MAX];
static struct flow_series series[FLOWS_SERIES_MAX];
static struct flows flows;

static inline void begin(enum flow_convention convention)
{
    memset(groups, 0, sizeof groups);
    flows = (struct flows){ .convention = convention, .groups = groups };
}

static inline struct flow_group *add(bool advance, int64_t amount, int count)
{
    assert_true(flows.count < FLOWS_GROUPS_MAX);
    struct flow_group *group = &groups[flows.count++];
    *group = (struct flow_group){ .advance = advance, .amount = amount, .count = count };
    return group;
}

static inline void after(struct flow_group *group, int months, int days)
{
    group->has_after = true;
    group->after = (struct flow_after){ .months = months, .days = days };
}

static inline void every(struct flow_group *group, int count, enum flow_unit unit)
{
    group->has_step = true;
    group->step = (struct flow_step){ unit, count };
}

static inline void dated(struct flow_group *group, int32_t date)
{
    group->has_date = true;
    group->date = date;
}

static inline void unit_period(int count, enum flow_unit unit)
{
    flows.has_unit = true;
    flows.unit = (struct flow_step){ unit, count };
}

static inline long double apr_of(const char *id)
{
    char apr[PLAN_RATE_TEXT];
    const struct flow_fault fault = flows_apr(&flows, series, apr);
    if (!flows_ok(fault))
        fail_msg("%s: refused: %s %s %s", id, fault.member, fault.code, fault.detail);
    return strtold(apr, NULL);
}

static inline void assert_apr(long double expected)
{
    const long double apr = apr_of("");
    if (!(fabsl(apr - expected) <= 0.51e-8L))
        fail_msg("%.10Lf, expected %.10Lf", apr, expected);
}

#endif
