/* What the operations on shipments share: their lines as the statements take them, and the unit they run. */
#ifndef CUOTAS_ORDERS_FULFIL_H
#define CUOTAS_ORDERS_FULFIL_H

#include "db/db.h"
#include "gen/orders/api.h"

/* The array as JSON; none when it was left out. */
struct slice fulfil_lines(struct work *w, const struct shipment_units *lines, size_t count);
/* Ends a batch that locks an order and changes what is sent of it: runs it with what the change means for the order, and answers with the shipment. `back`:
 * goods are in the shop, or nobody's, that were not before. */
SUSPENDS struct reply fulfil_answer(struct request *rq, struct batch *batch, struct slice shipment_id, bool back);

#endif
