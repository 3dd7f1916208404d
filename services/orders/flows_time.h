/* Where each group of flows stands in time, by the convention. Internal to flows.c. */
#ifndef CUOTAS_ORDERS_FLOWS_TIME_H
#define CUOTAS_ORDERS_FLOWS_TIME_H

#include "flows.h"

struct flow_times {
    const struct flows *flows;
    bool has_reference;
    int32_t reference;               /* the first advance's date, where one has a date */
    struct plan_frequency unit;      /* US */
    enum flow_unit counted_in;       /* EU: dates */
    struct flow_series *series;      /* FLOWS_SERIES_MAX of them */
    size_t count;
};

/* Adds the series of a group; its dates have been checked to lie in the years 1900 to 9000, not before the reference. */
struct flow_fault flow_times_add(struct flow_times *times, size_t group);

#endif
