/* POST /internal/reservations: holds stock for a cart about to become an order. The statement that takes the stock answers
 * at once for a new reference; for one that is known the hold is read. Two twins of a new reference: the one that
 * finds neither a row of its own nor a visible one of its twin's waits for it inside the next try. */
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"
#include "base/uuid.h"
#include "gen/problems.h"
#include "wire/json_write.h"

#define HOLD_TRIES 3

static struct slice lines_json(struct work *w, const struct hold_stock_in *in)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < in->lines_count; i++) {
        json_begin(&out, NULL, '{');
        json_put_text(&out, "product_id", in->lines[i].product_id);
        json_put_int(&out, "quantity", in->lines[i].quantity);
        if (in->lines[i].has_unit_price)
            json_put_int(&out, "unit_price", in->lines[i].unit_price);
        json_end(&out, '}');
    }
    json_end(&out, ']');
    return json_done(&out);
}

/* Says which lines do not fit. What was short may have come back meanwhile: then the refusal stays without fields. */
static SUSPENDS void explain_shortfall(struct work *w, struct slice lines)
{
    w->failure = (struct failure){ 0 };
    const struct rows *shorts = db_all(w, SQL(hold_shortfall, .lines = lines));
    for (size_t i = 0; shorts && i < rows_count(shorts); i++) {
        const struct row *row = rows_at(shorts, i);
        work_fail_field(w, &PROBLEM_out_of_stock,
                        arena_printf(w->arena, "/lines/%lld/quantity", (long long)row_int(row, "place")), "out_of_stock",
                        "%lld asked, %lld available", (long long)row_int(row, "quantity"),
                        (long long)row_int(row, "available"));
    }
    if (!work_failed(w))
        work_fail(w, &PROBLEM_out_of_stock, "another buyer was faster");
}

/* The hold there is under the reference. What is refused only for its promotion may be held already: it keeps its price, whatever became of the code. */
static SUSPENDS const struct row *find(struct work *w, const struct hold_stock_in *in, struct slice lines)
{
    const struct failure refusal = w->failure;
    if (work_failed(w) && refusal.problem != &PROBLEM_promotion_not_valid && refusal.problem != &PROBLEM_promotion_not_for_this)
        return NULL;
    w->failure = (struct failure){ 0 };
    const struct row *row = db_maybe(w, SQL(hold_find, .reference = in->reference, .expires_at = in->expires_at, .lines = lines));
    if (!row && !work_failed(w))
        w->failure = refusal;
    return row;
}

SUSPENDS struct reply hold_stock(struct request *rq, const struct hold_stock_in *in)
{
    struct work *w = &rq->work;
    struct slice lines = lines_json(w, in);
    for (int try = 0; try < HOLD_TRIES; try++) {
        const struct row *row = db_maybe(w, SQL(hold_stock, .id = uuid_new(w->arena), .reference = in->reference,
                                                .expires_at = in->expires_at, .lines = lines, .promotion_code = in->promotion_code,
                                                .customer_id = in->customer_id));
        if (!row)
            row = find(w, in, lines);
        if (row)
            return reply_ok(rq, row_text(row, "body"));
        if (work_failed(w))
            break;
    }
    if (w->failure.problem == &PROBLEM_out_of_stock)
        explain_shortfall(w, lines);
    if (!work_failed(w))
        work_fail(w, &PROBLEM_conflict, "this reference is being held by a request that runs now; try again");
    return reply_problem(rq);
}
