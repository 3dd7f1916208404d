/* The Mercado Pago adapter: its paths and keys; how it is called is mercadopago_call's, what its documents mean mercadopago_wire's. Every function that takes
 * a work suspends in outside_call, but for webhook_parse. */
#include "billing/mercadopago.h"

#include "base/date.h"
#include "billing/mercadopago_call.h"
#include "billing/mercadopago_wire.h"
#include "wire/json.h"
#include "wire/json_write.h"
#include "wire/uri.h"

#define SEARCH_PAGE 50
#define TIME_SECONDS_BYTES 19

static struct slice one_member(struct arena *arena, const char *name, struct slice value)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, name, value);
    json_end(&out, '}');
    return json_done(&out);
}

/* An address is one customer's there: who is known already is found by it. */
static SUSPENDS enum provider_outcome mercadopago_customer_create(struct work *w, struct slice customer_id, struct slice email, struct slice *reference)
{
    struct mercadopago_answer answer;
    struct slice key = arena_printf(w->arena, "customer:%.*s", SLICE_FMT(customer_id));
    enum provider_outcome outcome = mercadopago_send(w, "customer", "POST", SLICE("/v1/customers"), one_member(w->arena, "email", email), key, &answer);
    const cJSON *found = answer.body;
    if (outcome == PROVIDER_REFUSED) {
        outcome = mercadopago_read(w, "customer_find", arena_printf(w->arena, "/v1/customers/search?email=%.*s", SLICE_FMT(uri_encode(w->arena, email))), &answer);
        const cJSON *results = json_member(answer.body, "results");
        found = cJSON_IsArray(results) ? results->child : NULL;
    }
    *reference = mercadopago_id(w->arena, found, "id");
    return outcome == PROVIDER_OK && slice_is_none(*reference) ? PROVIDER_UNKNOWN : outcome;
}

/* Keeps the card behind a token: the saved card's own token. */
static SUSPENDS enum provider_outcome keep_card(struct work *w, struct slice customer, struct slice token, struct slice key, struct method *out,
                                               bool *unsent)
{
    struct mercadopago_answer answer;
    struct slice path = arena_printf(w->arena, "/v1/customers/%.*s/cards", SLICE_FMT(uri_encode(w->arena, customer)));
    enum provider_outcome outcome = mercadopago_send(w, "card", "POST", path, one_member(w->arena, "token", token), key, &answer);
    *unsent = answer.unsent;
    if (outcome == PROVIDER_OK && !mercadopago_read_card(w->arena, answer.body, customer, out))
        return PROVIDER_UNKNOWN;
    return outcome == PROVIDER_NOT_FOUND ? PROVIDER_REFUSED : outcome;
}

/* A token of a saved card, for one payment. It charges nothing, so its answer being lost is no matter. */
static SUSPENDS enum provider_outcome card_token(struct work *w, struct slice saved, struct slice *token, struct slice *customer, bool *unsent)
{
    struct mercadopago_answer answer;
    struct slice card;
    (void)mercadopago_saved_split(saved, customer, &card);
    enum provider_outcome outcome = mercadopago_send(w, "card_token", "POST", SLICE("/v1/card_tokens"), one_member(w->arena, "card_id", card), SLICE_NONE, &answer);
    *token = mercadopago_id(w->arena, answer.body, "id");
    *unsent = answer.unsent;
    return outcome == PROVIDER_UNKNOWN || (outcome == PROVIDER_OK && slice_is_none(*token)) ? PROVIDER_RETRYABLE : outcome;
}

/* The customer being there or away is the same. A card that is to be kept is kept first, for its token can be used once. */
static SUSPENDS enum provider_outcome mercadopago_charge(struct work *w, const struct charge_request *rq, struct charge *out)
{
    struct mercadopago_answer answer;
    struct method kept = { .token = rq->token };
    struct slice token = rq->token, customer = SLICE_NONE, card, amount;
    enum provider_outcome outcome = PROVIDER_OK;
    out->unfit = !slice_equals(rq->currency, mercadopago_currency()) || !mercadopago_amount_out(w->arena, rq->amount, rq->currency, &amount);
    if (out->unfit)
        return PROVIDER_REFUSED;   /* it would be taken in another currency; and never another amount */
    if (rq->save)
        outcome = keep_card(w, rq->customer, rq->token, arena_printf(w->arena, "card:%.*s", SLICE_FMT(rq->payment_id)), &kept, &out->unsent);
    if (outcome == PROVIDER_OK && mercadopago_saved_split(kept.token, &customer, &card))
        outcome = card_token(w, kept.token, &token, &customer, &out->unsent);
    else
        customer = SLICE_NONE;
    if (outcome != PROVIDER_OK)
        return outcome == PROVIDER_UNKNOWN ? PROVIDER_RETRYABLE : outcome;   /* no payment was sent */
    struct slice json = mercadopago_payment(w->arena, rq, token, customer);
    outcome = mercadopago_send(w, "charge", "POST", SLICE("/v1/payments"), json, arena_printf(w->arena, "payment:%.*s", SLICE_FMT(rq->payment_id)), &answer);
    out->unsent = answer.unsent;
    if (outcome == PROVIDER_OK && !mercadopago_read_payment(w->arena, answer.text, out))
        return PROVIDER_UNKNOWN;
    out->unfit = outcome == PROVIDER_REFUSED && mercadopago_amount_refused(w->arena, answer.body);
    return outcome == PROVIDER_NOT_FOUND ? PROVIDER_REFUSED : outcome;
}

static SUSPENDS enum provider_outcome payment_read(struct work *w, struct slice reference, struct mercadopago_answer *answer)
{
    return mercadopago_read(w, "payment_get", arena_printf(w->arena, "/v1/payments/%.*s", SLICE_FMT(uri_encode(w->arena, reference))), answer);
}

static SUSPENDS enum provider_outcome mercadopago_payment_get(struct work *w, struct slice reference, struct charge *out)
{
    struct mercadopago_answer answer;
    enum provider_outcome outcome = payment_read(w, reference, &answer);
    return outcome == PROVIDER_OK && !mercadopago_read_payment(w->arena, answer.text, out) ? PROVIDER_RETRYABLE : outcome;
}

/* By the reference we gave it; of several, as a key that was forgotten could have made, the one that took money. */
static SUSPENDS enum provider_outcome mercadopago_payment_find(struct work *w, struct slice payment_id, struct charge *out)
{
    struct mercadopago_answer answer;
    struct slice path = arena_printf(w->arena, "/v1/payments/search?external_reference=%.*s", SLICE_FMT(uri_encode(w->arena, payment_id))), name, text;
    enum provider_outcome outcome = mercadopago_read(w, "payment_find", path, &answer);
    if (outcome != PROVIDER_OK || !cJSON_IsArray(json_member(answer.body, "results")))
        return outcome == PROVIDER_OK || outcome == PROVIDER_NOT_FOUND ? PROVIDER_RETRYABLE : outcome;
    size_t found = 0;
    for (struct json_walk walk = json_walk(json_walk_member(answer.text, "results")); json_walk_next(&walk, &name, &text); found++) {
        struct charge charge;
        if (!mercadopago_read_payment(w->arena, text, &charge))
            return PROVIDER_RETRYABLE;
        if (found == 0 || charge.state == CHARGE_SUCCEEDED)
            *out = charge;
    }
    return found ? PROVIDER_OK : PROVIDER_NOT_FOUND;
}

static SUSPENDS enum provider_outcome mercadopago_payment_cancel(struct work *w, struct slice reference, struct charge *out)
{
    struct mercadopago_answer answer;
    struct slice path = arena_printf(w->arena, "/v1/payments/%.*s", SLICE_FMT(uri_encode(w->arena, reference)));
    enum provider_outcome outcome = mercadopago_send(w, "payment_cancel", "PUT", path, SLICE("{\"status\":\"cancelled\"}"), SLICE_NONE, &answer);
    if (outcome == PROVIDER_OK && mercadopago_read_payment(w->arena, answer.text, out))
        return PROVIDER_OK;
    return mercadopago_payment_get(w, reference, out);   /* it cannot be canceled any more, or not now: what has become of it? */
}

static SUSPENDS enum provider_outcome mercadopago_setup(struct work *w, const struct setup_request *rq, struct setup *out)
{
    bool unsent;
    *out = (struct setup){ .state = CHARGE_SUCCEEDED, .method_id = rq->method_id, .customer = rq->customer };
    enum provider_outcome outcome = keep_card(w, rq->customer, rq->token, arena_printf(w->arena, "setup:%.*s", SLICE_FMT(rq->method_id)), &out->method, &unsent);
    out->reference = out->method.token;
    return outcome;
}

static SUSPENDS enum provider_outcome mercadopago_method_get(struct work *w, struct slice token, struct method *out)
{
    struct mercadopago_answer answer;
    struct slice customer, card;
    if (!mercadopago_saved_split(token, &customer, &card))
        return PROVIDER_NOT_FOUND;
    struct slice path = arena_printf(w->arena, "/v1/customers/%.*s/cards/%.*s", SLICE_FMT(uri_encode(w->arena, customer)), SLICE_FMT(uri_encode(w->arena, card)));
    enum provider_outcome outcome = mercadopago_read(w, "method_get", path, &answer);
    return outcome == PROVIDER_OK && !mercadopago_read_card(w->arena, answer.body, customer, out) ? PROVIDER_RETRYABLE : outcome;
}

static struct slice refunds_path(struct work *w, struct slice payment_reference)
{
    return arena_printf(w->arena, "/v1/payments/%.*s/refunds", SLICE_FMT(uri_encode(w->arena, payment_reference)));
}

static SUSPENDS enum provider_outcome mercadopago_refund(struct work *w, const struct refund_request *rq, struct refund *out)
{
    struct mercadopago_answer answer;
    struct slice amount;
    if (!slice_equals(rq->currency, mercadopago_currency()) || !mercadopago_amount_out(w->arena, rq->amount, rq->currency, &amount))
        return PROVIDER_REFUSED;
    struct slice json = arena_printf(w->arena, "{\"amount\":%.*s}", SLICE_FMT(amount));
    struct slice key = arena_printf(w->arena, "refund:%.*s:%lld", SLICE_FMT(rq->refund_id), (long long)rq->attempt);
    enum provider_outcome outcome = mercadopago_send(w, "refund", "POST", refunds_path(w, rq->payment_reference), json, key, &answer);
    if (outcome == PROVIDER_OK && !mercadopago_read_refund(w->arena, answer.text, rq->currency, out))
        return PROVIDER_UNKNOWN;
    out->refund_id = rq->refund_id;
    out->attempt = rq->attempt;
    return outcome;
}

static SUSPENDS enum provider_outcome mercadopago_refunds_of(struct work *w, struct slice payment_reference, struct refund **out, size_t *count)
{
    struct mercadopago_answer answer;
    struct slice name, text;
    enum provider_outcome outcome = mercadopago_read(w, "refunds_of", refunds_path(w, payment_reference), &answer);
    if (outcome != PROVIDER_OK)
        return outcome;
    if (!cJSON_IsArray(answer.body))
        return PROVIDER_RETRYABLE;
    *out = arena_alloc(w->arena, ((size_t)cJSON_GetArraySize(answer.body) + 1) * sizeof **out);
    *count = 0;
    for (struct json_walk walk = json_walk(answer.text); json_walk_next(&walk, &name, &text);)
        *count += mercadopago_read_refund(w->arena, text, mercadopago_currency(), *out + *count);
    return PROVIDER_OK;
}

/* It has no list of what it has told: payments by when they changed last, each as a notification of it whose id ends in that time. */
static struct slice as_notifications(struct work *w, const cJSON *results, struct slice *last)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '[');
    for (const cJSON *each = results->child; each; each = each->next) {
        struct slice id = mercadopago_id(w->arena, each, "id");
        *last = arena_printf(w->arena, "asked:%.*s:%.*s", SLICE_FMT(id), SLICE_FMT(json_member_text(each, "date_last_updated")));
        json_begin(&out, NULL, '{');
        json_put_text(&out, "id", *last);
        json_put_text(&out, "type", SLICE("payment"));
        json_put_text(&out, "action", SLICE("payment.updated"));
        json_put_raw(&out, "data", one_member(w->arena, "id", id));
        json_end(&out, '}');
    }
    json_end(&out, ']');
    return json_done(&out);
}

static SUSPENDS enum provider_outcome mercadopago_events(struct work *w, struct slice since_s, struct slice after, struct slice *out, bool *more)
{
    struct mercadopago_answer answer;
    int64_t since = 0;
    char text[28];
    struct slice until = SLICE("NOW"), last = SLICE_NONE;
    if (!slice_is_none(after)) {
        (void)slice_cut(after, ':', &until);
        (void)slice_cut(until, ':', &until);
    }
    (void)slice_to_int64(since_s, &since);
    time_format(since * 1000000, text);
    struct slice path = arena_printf(w->arena, "/v1/payments/search?range=date_last_updated&begin_date=%.*s.000Z&end_date=%.*s&sort=date_last_updated&criteria=desc&limit=%d",
                                     TIME_SECONDS_BYTES, text, SLICE_FMT(uri_encode(w->arena, until)), SEARCH_PAGE);
    enum provider_outcome outcome = mercadopago_read(w, "events", path, &answer);
    const cJSON *results = json_member(answer.body, "results");
    if (outcome != PROVIDER_OK || !cJSON_IsArray(results))
        return PROVIDER_RETRYABLE;
    *out = as_notifications(w, results, &last);
    *more = cJSON_GetArraySize(results) >= SEARCH_PAGE && !slice_equals(last, after);
    return PROVIDER_OK;
}

static bool mercadopago_webhook_parse(struct work *w, struct slice body, struct provider_event *out)
{
    return mercadopago_read_notification(w->arena, json_parse(w->arena, body, NULL, NULL), out);
}

static SUSPENDS enum provider_outcome mercadopago_event_ask(struct work *w, struct provider_event *event)
{
    struct mercadopago_answer answer;
    enum provider_outcome outcome = payment_read(w, event->reference, &answer);
    if (outcome != PROVIDER_OK)
        return outcome;
    if (mercadopago_read_chargeback(w->arena, answer.text, &event->dispute))
        event->kind = EVENT_DISPUTE;
    else if (mercadopago_read_payment(w->arena, answer.text, &event->charge))
        event->kind = EVENT_PAYMENT;
    return event->kind == EVENT_OTHER ? PROVIDER_RETRYABLE : PROVIDER_OK;
}

const struct provider mercadopago_provider = {
    .name = "mercadopago",
    .autopay_limit = "MERCADOPAGO_AUTOPAY_PER_SECOND",
    .wants_email = true,
    .unmarked_refunds = true,
    .configure = mercadopago_configure,
    .currency = mercadopago_currency,
    .customer_create = mercadopago_customer_create,
    .charge = mercadopago_charge,
    .charge_saved = mercadopago_charge,
    .payment_get = mercadopago_payment_get,
    .payment_find = mercadopago_payment_find,
    .payment_cancel = mercadopago_payment_cancel,
    .setup = mercadopago_setup,
    .method_get = mercadopago_method_get,
    .refund = mercadopago_refund,
    .refunds_of = mercadopago_refunds_of,
    .events = mercadopago_events,
    .webhook_verify = mercadopago_webhook_verify,
    .webhook_authentic = mercadopago_webhook_authentic,
    .webhook_parse = mercadopago_webhook_parse,
    .event_ask = mercadopago_event_ask,
};
