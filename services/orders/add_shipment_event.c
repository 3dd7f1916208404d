/* POST /v1/shipments/{id}/events. One unit (fulfil.h). */
#include "gen/orders/sql.h"
#include "fulfil.h"

SUSPENDS struct reply add_shipment_event(struct request *rq, const struct add_shipment_event_in *in)
{
    struct work *w = &rq->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_shipment, .shipment_id = in->id));
    batch_add(batch, SQL(add_shipment_event, .shipment_id = in->id, .step = in->step, .lines = fulfil_lines(w, in->lines, in->lines_count),
                         .carrier = in->carrier, .tracking_number = in->tracking_number, .tracking_url = in->tracking_url,
                         .occurred_at = in->occurred_at, .note = in->note, .by = w->identity.subject));
    return fulfil_answer(rq, batch, in->id, slice_equals_text(in->step, "returned") || slice_equals_text(in->step, "canceled"));
}
