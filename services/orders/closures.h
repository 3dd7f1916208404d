/* Days the shop is closed beside its calendar's. A plan counts those of the day it is offered or changed on; they stay with it as ranges in its terms, so that
 * it is never computed by others. Pure. */
#ifndef CUOTAS_ORDERS_CLOSURES_H
#define CUOTAS_ORDERS_CLOSURES_H

#include "business_day.h"
#include "gen/orders/api.h"
#include "wire/json.h"
#include "wire/json_write.h"

#define CLOSURE_DAYS_MAX 92   /* of one */
#define CLOSURE_DAYS_TEXT "92"

/* Its last day is not before its first, and it is not too long. */
bool closure_valid(const struct simulation_closure *closure);
/* All days of valid ones become the extra days of `closed`. */
void closures_spread(struct arena *arena, const struct simulation_closure *closures, size_t count, struct closed_days *closed);
/* The same from JSON, [{from, to, calendar?}]: those that name no calendar or this one. False when it is no such list. */
bool closures_read(struct arena *arena, const cJSON *list, struct slice calendar, struct closed_days *closed);
/* The extra days as a list of ranges. */
void closures_write(struct json_writer *out, const char *name, const struct closed_days *closed);

/* Whether the shop's count: the terms name a calendar and say nothing of closures. */
bool closures_wanted(const struct simulate_in *in);
/* Puts those for its calendar into the terms, as if they had been given; `shop`: of closures_from (migrations), none: there are none. */
void closures_put(struct arena *arena, struct simulate_in *in, struct slice shop);

#endif
