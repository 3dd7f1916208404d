/* POST /internal/orders/{id}/schedule: replaces rows of an order's schedule. One unit: account and rows locked, then one statement that checks, decides and
 * posts, or does nothing. An order not heard of yet is looked for once. What is kept of the request is made of its decoded members, always in this order.
 * Suspends in that unit. */
#include "bus/events.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "wire/json_write.h"

static void put_parts(struct json_writer *out, int64_t principal, int64_t interest, int64_t fees, int64_t tax)
{
    json_put_int(out, "principal", principal);
    json_put_int(out, "interest", interest);
    json_put_int(out, "fees", fees);
    json_put_int(out, "tax", tax);
}

static void put_replaced(struct json_writer *out, const struct change_schedule_in *in)
{
    json_begin(out, "replaced", '[');
    for (size_t i = 0; i < in->replaced_count; i++) {
        const struct replaced_installment *row = &in->replaced[i];
        json_begin(out, NULL, '{');
        json_put_int(out, "number", row->number);
        put_parts(out, row->principal, row->interest, row->fees, row->tax);
        json_end(out, '}');
    }
    json_end(out, ']');
}

static void put_installments(struct json_writer *out, const struct change_schedule_in *in)
{
    json_begin(out, "installments", '[');
    for (size_t i = 0; i < in->installments_count; i++) {
        const struct new_installment *row = &in->installments[i];
        json_begin(out, NULL, '{');
        json_put_int(out, "number", row->number);
        json_put_text(out, "due_date", row->due_date);
        put_parts(out, row->principal, row->interest, row->fees, row->tax);
        json_put_int(out, "total", row->total);
        json_end(out, '}');
    }
    json_end(out, ']');
}

static struct slice request_json(struct work *w, const struct change_schedule_in *in)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "kind", in->kind);
    json_put_text(&out, "account_revision", in->account_revision);
    put_replaced(&out, in);
    put_installments(&out, in);
    json_begin(&out, "adjustments", '{');
    put_parts(&out, in->adjustments->principal, in->adjustments->interest, in->adjustments->fees, in->adjustments->tax);
    json_end(&out, '}');
    json_put_int(&out, "refund", in->refund);
    json_put_text(&out, "reason", in->reason);
    json_end(&out, '}');
    return json_done(&out);
}

/* NULL with a failure, or without one when there is no such order. */
static SUSPENDS const struct row *change(struct work *w, const struct change_schedule_in *in, struct slice request)
{
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_schedule, .order_id = in->id));
    batch_add(batch, SQL(change_schedule, .order_id = in->id, .change_id = in->change_id, .request = request));
    if (!batch_run(batch))
        return NULL;
    return batch_row(batch, 1);
}

struct reply change_schedule(struct request *rq, const struct change_schedule_in *in)
{
    struct work *w = &rq->work;
    struct slice request = request_json(w, in);
    const struct row *row = change(w, in, request);
    if (!row && !work_failed(w) && bus_catch_up(w, "orders", NULL))
        row = change(w, in, request);
    if (!row) {
        work_fail(w, &PROBLEM_not_found, "no such order");
        return reply_problem(rq);
    }
    return reply_ok(rq, row_text(row, "body"));
}
