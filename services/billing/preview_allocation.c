/* POST /v1/receivables-policy/preview: how an amount would be spread, by the rule in force or by another one. Changes nothing. One statement. */
#include "billing/receivables_policy.h"
#include "gen/billing/sql.h"
#include "wire/json_write.h"

static struct slice rule_json(struct work *w, const struct allocation_order *rule)
{
    struct json_writer out = json_to_arena(w->arena);
    if (!rule)
        return SLICE_NONE;
    json_begin(&out, NULL, '{');
    json_put_text(&out, "processing", rule->processing);
    json_put_text(&out, "future", rule->future);
    allocation_order_put(&out, rule->order, rule->order_count);
    json_end(&out, '}');
    return json_done(&out);
}

static struct slice receivables_json(struct work *w, const struct preview_allocation_in *in)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < in->receivables_count; i++) {
        const struct owed_part *row = &in->receivables[i];
        json_begin(&out, NULL, '{');
        json_put_int(&out, "number", row->number);
        json_put_text(&out, "due_date", row->due_date);
        json_put_text(&out, "due_on", row->due_on);
        json_put_text(&out, "part", row->part);
        json_put_int(&out, "amount", row->amount);
        json_end(&out, '}');
    }
    json_end(&out, ']');
    return json_done(&out);
}

SUSPENDS struct reply preview_allocation(struct request *rq, const struct preview_allocation_in *in)
{
    struct work *w = &rq->work;
    if (in->rule && !allocation_order_check(w, in->rule->order, in->rule->order_count, SLICE("/rule")))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(preview_allocation, .amount = work_int(w, in->amount), .receivables = receivables_json(w, in),
                                          .rule = rule_json(w, in->rule), .transaction = in->transaction, .today = in->date));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
