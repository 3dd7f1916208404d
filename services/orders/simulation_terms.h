/* From the body of POST /v1/simulations to the engine's terms. */
#ifndef CUOTAS_ORDERS_SIMULATION_TERMS_H
#define CUOTAS_ORDERS_SIMULATION_TERMS_H

#include "gen/orders/api.h"
#include "plan.h"

/* False with every fault recorded that the contract cannot tell: parts that need or exclude each other. What the terms point to lives in the
 * work's arena. A start that is not given is today, by the merchant's calendar. */
bool simulation_terms(struct work *w, const struct simulate_in *in, struct plan_terms *terms);

#endif
