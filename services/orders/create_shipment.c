/* POST /v1/orders/{id}/shipments. One unit (fulfil.h). */
#include "base/uuid.h"
#include "gen/orders/sql.h"
#include "fulfil.h"

SUSPENDS struct reply create_shipment(struct request *rq, const struct create_shipment_in *in)
{
    struct work *w = &rq->work;
    const struct slice id = uuid_new(w->arena);
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_order, .order_id = in->id));
    batch_add(batch, SQL(create_shipment, .shipment_id = id, .order_id = in->id, .lines = fulfil_lines(w, in->lines, in->lines_count),
                         .status = in->status, .carrier = in->carrier, .tracking_number = in->tracking_number, .tracking_url = in->tracking_url,
                         .occurred_at = in->occurred_at, .note = in->note, .by = w->identity.subject));
    return fulfil_answer(rq, batch, id, false);
}
