/* Simulations without a server: from a request's body to its answer. Pure, but for today's date where no start is given. */
#ifndef CUOTAS_ORDERS_SIMULATION_H
#define CUOTAS_ORDERS_SIMULATION_H

#include "gen/orders/api.h"
#include "plan.h"

/* False with every fault recorded that the contract cannot tell: parts that need or exclude each other. What the terms point to lives in the
 * work's arena. A start that is not given is today, by the merchant's calendar. `at`: where the terms stand in the document, a pointer such as "/terms", "" at
 * its top. */
bool simulation_terms(struct work *w, const char *at, const struct simulate_in *in, struct plan_terms *terms);
/* Builds the schedule of terms, its rows in the arena. False with the fault recorded. */
bool simulation_build(struct work *w, const char *at, const struct plan_terms *terms, struct plan_schedule *schedule);
/* Records a fault of the engine; always NULL. */
void *simulation_refuse(struct work *w, const char *at, struct plan_fault fault);
/* The answers of POST /v1/simulations and /v1/simulations/apr; none with the faults recorded. */
struct slice simulation_answer(struct work *w, const struct simulate_in *in);
struct slice simulation_apr_answer(struct work *w, const struct simulate_apr_in *in);

#endif
