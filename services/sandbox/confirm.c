/* What happens when an intent is confirmed: the card decides. Events are made here, in the order they happen. */
#include "sandbox.h"
#include "wire/json.h"

#define STALE_S 5

static void put_intent(struct effect *effect, const struct intent *intent)
{
    effect_put(effect, intent->id, "payment_intent", intent->customer, intent->version,
               intent_json(effect->work->arena, intent, SLICE_NONE));
}

static void put_method(struct effect *effect, const struct method *method)
{
    effect_put(effect, method->id, "payment_method", method->customer, method->version, method_json(effect->work->arena, method));
}

static void tell(struct effect *effect, const struct intent *intent, const char *type, int64_t age_s)
{
    effect_event(effect, type, intent_json(effect->work->arena, intent, SLICE_NONE), age_s);
}

struct slice decline_last_error(struct arena *arena, const struct card *card, const char *decline_code, struct slice method)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "type", SLICE("card_error"));
    json_put_text(&out, "code", slice_from_text(card->code ? card->code : "card_declined"));
    json_put_text(&out, "decline_code", slice_from_text(decline_code));
    json_put_text(&out, "message", slice_from_text(card->message ? card->message : "Your card was declined."));
    json_put_raw(&out, "payment_method", method);
    json_end(&out, '}');
    return json_done(&out);
}

static void capture(struct effect *effect, struct intent *intent, struct method *method, const struct card *card)
{
    struct intent before = *intent;
    before.status = SLICE("processing");
    /* A method used with a customer to be charged again later belongs to that customer from now on. */
    if (!slice_is_none(intent->setup_future_usage) && !slice_is_none(intent->customer) && slice_is_none(method->customer)) {
        method->customer = intent->customer;
        put_method(effect, method);
    } else if (method->version == 0) {
        put_method(effect, method);
    }
    intent->status = SLICE("succeeded");
    intent->amount_received = intent->amount;
    intent->latest_charge = object_id(effect->work->arena, "ch");
    intent->last_error = SLICE_NONE;
    put_intent(effect, intent);
    effect_capture(effect, intent);
    if (cJSON_IsTrue(json_member(effect->fault, "reversed")))
        tell(effect, &before, "payment_intent.processing", STALE_S);
    tell(effect, intent, "payment_intent.succeeded", 0);
    if (card->behavior == CARD_DISPUTES)
        dispute_begin(effect, dispute_new_json(effect->work->arena, intent, intent->amount, card->code, slice_equals_text(slice_from_text(card->decline_code), "inquiry")));
}

static struct slice decline(struct effect *effect, struct intent *intent, struct method *method, const struct card *card, const char *decline_code)
{
    struct arena *arena = effect->work->arena;
    struct slice method_body = method_json(arena, method);
    if (method->version == 0)
        put_method(effect, method);
    intent->status = SLICE("requires_payment_method");
    intent->latest_charge = object_id(arena, "ch");
    intent->last_error = decline_last_error(arena, card, decline_code, method_body);
    intent->method = SLICE_NONE;
    put_intent(effect, intent);
    tell(effect, intent, "payment_intent.payment_failed", 0);
    return error_json(arena, "card_error", card->code ? card->code : "card_declined", decline_code,
                      card->message ? card->message : "Your card was declined.", NULL, SLICE("payment_intent"),
                      intent_json(arena, intent, SLICE_NONE), method_body);
}

struct slice confirm_intent(struct effect *effect, struct intent *intent, struct method *method, const cJSON *fault)
{
    const struct card *card = card_find(method->token);
    struct slice forced = json_member_text(json_member(fault, "charge"), "decline_code");
    effect->fault = json_member(fault, "webhook");
    intent->method = method->id;
    if (!slice_is_none(forced)) {
        static const struct card plain = { .code = "card_declined" };
        return decline(effect, intent, method, &plain, forced.data);
    }
    if (card->behavior == CARD_DECLINES || card->behavior == CARD_DECLINES_CHARGES ||
        (card->behavior == CARD_AUTHENTICATES && intent->off_session))
        return decline(effect, intent, method, card, card->decline_code);
    if (card->behavior == CARD_AUTHENTICATES) {
        if (method->version == 0)
            put_method(effect, method);
        intent->status = SLICE("requires_action");
        put_intent(effect, intent);
        tell(effect, intent, "payment_intent.requires_action", 0);
        return SLICE_NONE;
    }
    capture(effect, intent, method, card);
    return SLICE_NONE;
}

void finish_intent(struct effect *effect, struct intent *intent, struct method *method, bool authenticated)
{
    const struct card *card = card_find(method->token);
    if (authenticated)
        capture(effect, intent, method, card);
    else
        (void)decline(effect, intent, method, card, "authentication_required");
}
