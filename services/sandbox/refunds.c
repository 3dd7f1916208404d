/* Refunds: money given back, at most what is left of the charge (the database refuses more). A fault can make one take its time (pending until job
 * settle_refund brings it to its end), fail, or come back after it had succeeded, as when the account it went to is closed. */
#include "base/clock.h"
#include "gen/sandbox/sql.h"
#include "payment_intents.h"
#include "wire/uri.h"

#define PENDING_MAX_MS 86400000

struct slice refund_json(struct arena *arena, const struct refund *refund)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", refund->id);
    json_put_text(&out, "object", SLICE("refund"));
    json_put_int(&out, "amount", refund->amount);
    json_put_text(&out, "charge", refund->charge);
    json_put_int(&out, "created", refund->created);
    json_put_text(&out, "currency", refund->currency);
    if (!slice_is_none(refund->failure_reason))
        json_put_text(&out, "failure_reason", refund->failure_reason);
    json_put_raw(&out, "metadata", refund->metadata);
    json_put_text(&out, "payment_intent", refund->intent);
    json_put_text(&out, "reason", refund->reason);
    json_put_text(&out, "status", refund->status);
    json_end(&out, '}');
    return json_done(&out);
}

/* False with the reply made when the form asks for what cannot be. */
static bool refund_from_form(struct request *rq, const struct form *form, const struct row *charge, struct refund *refund, struct reply *reply)
{
    struct arena *arena = rq->work.arena;
    struct slice asked = form_find(form, "amount");
    int64_t remaining = row_int(charge, "remaining");
    *refund = (struct refund){
        .id = object_id(arena, "re"),
        .charge = row_text(charge, "id"),
        .currency = row_text(charge, "currency"),
        .intent = form_find(form, "payment_intent"),
        .reason = form_find(form, "reason"),
        .status = SLICE("succeeded"),
        .metadata = form_metadata(arena, form),
        .amount = remaining,
        .created = clock_wall_us() / 1000000,
    };
    if (!slice_is_none(asked) && (!slice_to_int64(asked, &refund->amount) || refund->amount < 1))
        *reply = error_reply(rq, 400, "invalid_request_error", "parameter_invalid_integer", "Invalid amount.", "amount");
    else if (remaining == 0)
        *reply = error_reply(rq, 400, "invalid_request_error", "charge_already_refunded", "The charge has already been refunded.", NULL);
    else if (refund->amount > remaining)
        *reply = error_reply(rq, 400, "invalid_request_error", NULL, "The refund is larger than what is left of the charge.", "amount");
    else
        return true;
    return false;
}

/* Saves it, with the faults around it. */
static SUSPENDS struct reply make(struct request *rq, struct refund *refund, const cJSON *fault)
{
    struct reply reply, faulty;
    if (fault_play(rq, fault, "refund", "before", &reply))
        return reply;
    struct effect effect = effect_new(&rq->work);
    effect.fault = json_member(fault, "webhook");
    const cJSON *ordered = json_member(fault, "refund");
    int64_t pending_ms = json_member_int64(ordered, "pending_ms", 0), bounce_ms = json_member_int64(ordered, "bounce_ms", 0);
    if (pending_ms > 0 || bounce_ms > 0) {
        int64_t later_ms = pending_ms > 0 ? pending_ms : bounce_ms;
        refund->status = pending_ms > 0 ? SLICE("pending") : refund->status;
        effect.refund_later = refund->id;
        effect.refund_later_ms = later_ms < PENDING_MAX_MS ? later_ms : PENDING_MAX_MS;
        effect.refund_fails = bounce_ms > 0 || cJSON_IsTrue(json_member(ordered, "fail"));
    } else if (cJSON_IsTrue(json_member(ordered, "fail"))) {
        refund->status = SLICE("failed");
        refund->failure_reason = SLICE(REFUND_FAILURE);
    }
    struct slice body = refund_json(rq->work.arena, refund);
    effect_put(&effect, refund->id, "refund", SLICE_NONE, 0, body);
    effect_refund(&effect, refund->intent, slice_equals_text(refund->status, "failed") ? 0 : refund->amount);
    effect_event(&effect, "refund.created", body, 0);
    reply = effect_save(rq, &effect, 200, body);
    return fault_play(rq, fault, "refund", "after", &faulty) ? faulty : reply;
}

SUSPENDS struct reply create_refund(struct request *rq)
{
    struct form form;
    struct refund refund;
    struct reply reply;
    struct work *w = &rq->work;
    if (!form_body(rq, &form, &reply))
        return reply;
    struct slice intent = form_find(&form, "payment_intent");
    const struct row *charge = slice_is_none(intent) ? NULL : db_maybe(w, SQL(charge_of, .payment_intent = intent));
    if (!charge)
        return error_missing(rq, "payment_intent", intent);
    if (!refund_from_form(rq, &form, charge, &refund, &reply))
        return reply;
    return make(rq, &refund, fault_take(w, "refund", row_text(charge, "customer"), NULL));
}

SUSPENDS struct reply get_refund(struct request *rq)
{
    const struct row *row = db_maybe(&rq->work, SQL(object_get, .id = rq->path_args[0], .kind = SLICE("refund")));
    return row ? reply_ok(rq, row_text(row, "body")) : error_missing(rq, "refund", rq->path_args[0]);
}

SUSPENDS struct reply list_refunds(struct request *rq)
{
    struct slice intent = uri_query_find(rq->work.arena, rq->query, "payment_intent");
    if (slice_is_none(intent))
        return error_reply(rq, 400, "invalid_request_error", "parameter_missing", "The sandbox lists the refunds of one PaymentIntent.", "payment_intent");
    const struct rows *rows = db_all(&rq->work, SQL(refund_list, .payment_intent = intent));
    return rows ? list_reply(rq, rows, LIST_LIMIT_MAX, "list", "/v1/refunds") : reply_problem(rq);
}
