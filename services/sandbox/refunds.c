/* Refunds: money given back, at most what is left of the charge (the database refuses more). */
#include "base/clock.h"
#include "gen/sandbox/sql.h"
#include "payment_intents.h"

static struct slice refund_json(struct arena *arena, struct slice id, int64_t amount, const struct row *charge, struct slice intent,
                                const struct form *form)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", id);
    json_put_text(&out, "object", SLICE("refund"));
    json_put_int(&out, "amount", amount);
    json_put_text(&out, "charge", row_text(charge, "id"));
    json_put_int(&out, "created", clock_wall_us() / 1000000);
    json_put_text(&out, "currency", row_text(charge, "currency"));
    json_put_raw(&out, "metadata", form_metadata(arena, form));
    json_put_text(&out, "payment_intent", intent);
    json_put_text(&out, "reason", form_find(form, "reason"));
    json_put_text(&out, "status", SLICE("succeeded"));
    json_end(&out, '}');
    return json_done(&out);
}

SUSPENDS struct reply create_refund(struct request *rq)
{
    struct form form;
    struct reply reply;
    struct work *w = &rq->work;
    if (!form_body(rq, &form, &reply))
        return reply;
    struct slice intent = form_find(&form, "payment_intent"), asked = form_find(&form, "amount");
    const struct row *charge = slice_is_none(intent) ? NULL : db_maybe(w, SQL(charge_of, .payment_intent = intent));
    if (!charge)
        return error_missing(rq, "payment_intent", intent);
    int64_t remaining = row_int(charge, "remaining"), amount = remaining;
    if (!slice_is_none(asked) && (!slice_to_int64(asked, &amount) || amount < 1))
        return error_reply(rq, 400, "invalid_request_error", "parameter_invalid_integer", "Invalid amount.", "amount");
    if (remaining == 0)
        return error_reply(rq, 400, "invalid_request_error", "charge_already_refunded", "The charge has already been refunded.", NULL);
    if (amount > remaining)
        return error_reply(rq, 400, "invalid_request_error", NULL, "The refund is larger than what is left of the charge.", "amount");
    struct slice id = object_id(w->arena, "re");
    struct slice body = refund_json(w->arena, id, amount, charge, intent, &form);
    struct effect effect = effect_new(w);
    effect_put(&effect, id, "refund", SLICE_NONE, 0, body);
    effect_refund(&effect, intent, amount);
    effect_event(&effect, "refund.created", body, 0);
    return effect_save(rq, &effect, 200, body);
}

SUSPENDS struct reply get_refund(struct request *rq)
{
    const struct row *row = db_maybe(&rq->work, SQL(object_get, .id = rq->path_args[0], .kind = SLICE("refund")));
    return row ? reply_ok(rq, row_text(row, "body")) : error_missing(rq, "refund", rq->path_args[0]);
}
