/* From a contract's row to a draft that kinds can compute with: who asks whom, and in which state nothing can be changed. */
#ifndef CUOTAS_ORDERS_CHANGE_OPEN_H
#define CUOTAS_ORDERS_CHANGE_OPEN_H

#include "change.h"
#include "db/db.h"
#include "service/service.h"

/* Billing's account of an order. NULL with the failure. */
SUSPENDS const struct account *change_account(struct work *w, struct slice order_id, struct slice schedule);
/* `row` of get_contract_plan. A change that waited for its payment and has it by now is settled on the way. False with what refuses. */
SUSPENDS bool change_open(struct work *w, const struct row *row, struct change_draft *draft);
/* The request as it was asked. */
struct slice change_request_json(struct work *w, const struct compute_change_in *in);

#endif
