/* See fulfil.h. One unit of three or four statements: whoever locks the order first is seen by the others, so no unit is sent twice; the third computes how
 * far the order is from all its lines, tells it and keeps the reply, the last what of it is for sale again, where goods are in the shop now that were not. Suspends in that unit alone. */
#include "fulfil.h"

#include "gen/orders/sql.h"
#include "wire/json_write.h"

struct slice fulfil_lines(struct work *w, const struct shipment_units *lines, size_t count)
{
    if (!lines)
        return SLICE_NONE;
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < count; i++) {
        json_begin(&out, NULL, '{');
        json_put_int(&out, "line", lines[i].line);
        json_put_int(&out, "quantity", lines[i].quantity);
        json_end(&out, '}');
    }
    json_end(&out, ']');
    return json_done(&out);
}

struct reply fulfil_answer(struct request *rq, struct batch *batch, struct slice shipment_id, bool back)
{
    batch_add(batch, SQL(follow_shipment, .shipment_id = shipment_id));
    if (back)
        batch_add(batch, SQL(restock_order, .shipment_id = shipment_id));
    if (!batch_run(batch))
        return reply_problem(rq);
    return reply_created(rq, row_text(batch_row(batch, 2), "body"));
}
