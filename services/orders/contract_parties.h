/* Who a contract is between: the shop by its configuration, the buyer as the customers' service knows them. */
#ifndef CUOTAS_ORDERS_CONTRACT_PARTIES_H
#define CUOTAS_ORDERS_CONTRACT_PARTIES_H

#include "base/result.h"
#include "base/work.h"
#include "contract_text.h"

/* Fills seller and buyer; false with the failure recorded when the buyer cannot be looked up. */
SUSPENDS bool contract_parties(struct work *w, struct slice customer_id, struct contract_facts *facts);

#endif
