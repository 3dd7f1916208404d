/* What flows are worth at a rate, and the one rate at which both sides are worth the same. Pure, in long double. */
#ifndef CUOTAS_ORDERS_FLOWS_VALUE_H
#define CUOTAS_ORDERS_FLOWS_VALUE_H

#include "plan_rates.h"

/* Equal flows at equal steps of time, of any unit. */
struct flow_series {
    bool advance;
    size_t count;                /* >= 1 */
    long double amount;          /* > 0 */
    long double start, step;
    long double simple_part;     /* US: the fraction of a unit-period before `start`, at simple interest; 0 to 1 */
};

struct flow_list {
    const struct flow_series *series;
    size_t count;
};

/* ln(payments) - ln(advances) at growth e^x a unit of time: neither overflows nor underflows, however long the times. */
struct rate_gap flow_gap(const void *flow_list, long double x);

/* x between low and high, with per_year units of time a year; a nominal guess of 10 % a year begins. */
/* No advance after a payment: then more growth always takes more from the payments than from the advances, and there is one rate at most. */
bool flow_list_falls(const struct flow_list *list);
enum rate_found flow_rate(const struct flow_list *list, long double per_year, long double low, long double high, long double *growth);

#endif
