/* Stripe's objects, read from their stored documents and written to them. Documents hold what clients of the 2024 to 2026 API versions look
 * at; members we have no use for are there with Stripe's neutral value. */
#include "base/clock.h"
#include "base/random.h"
#include "gen/sandbox/sql.h"
#include "sandbox.h"
#include "wire/hex.h"
#include "wire/json.h"

#define ID_RANDOM_BYTES 12

struct slice object_id(struct arena *arena, const char *prefix)
{
    unsigned char random[ID_RANDOM_BYTES];
    random_bytes(random, sizeof random);
    return arena_printf(arena, "%s_%.*s", prefix, SLICE_FMT(hex_encode(arena, slice_of((const char *)random, sizeof random))));
}

struct slice form_metadata(struct arena *arena, const struct form *form)
{
    struct json_writer out = json_to_arena(arena);
    struct slice name, value;
    size_t at = 0;
    json_begin(&out, NULL, '{');
    while (form_child(form, "metadata", &at, &name, &value))
        json_put_text(&out, arena_copy(arena, name).data, value);
    json_end(&out, '}');
    return json_done(&out);
}

static SUSPENDS const cJSON *load(struct work *w, const char *kind, struct slice id, int64_t *version)
{
    const struct row *row = db_maybe(w, SQL(object_get, .id = id, .kind = slice_from_text(kind)));
    if (!row)
        return NULL;
    *version = row_int(row, "version");
    return json_parse(w->arena, row_text(row, "body"), NULL, NULL);
}

static struct slice raw_member(struct arena *arena, const cJSON *body, const char *name)
{
    const cJSON *value = json_member(body, name);
    return value && !cJSON_IsNull(value) ? json_print(arena, value) : SLICE_NONE;
}

bool method_load(struct work *w, struct slice id, struct method *out)
{
    *out = (struct method){ 0 };
    const cJSON *body = load(w, "payment_method", id, &out->version);
    if (!body)
        return false;
    out->id = json_member_text(body, "id");
    out->token = json_member_text(json_member(body, "metadata"), "sandbox_token");
    out->customer = json_member_text(body, "customer");
    out->created = json_member_int64(body, "created", 0);
    out->exp_month = json_member_int64(json_member(body, "card"), "exp_month", CARD_EXP_MONTH);
    out->exp_year = json_member_int64(json_member(body, "card"), "exp_year", CARD_EXP_YEAR);
    return true;
}

bool intent_load(struct work *w, struct slice id, struct intent *out)
{
    *out = (struct intent){ 0 };
    const cJSON *body = load(w, "payment_intent", id, &out->version);
    if (!body)
        return false;
    out->id = json_member_text(body, "id");
    out->currency = json_member_text(body, "currency");
    out->status = json_member_text(body, "status");
    out->customer = json_member_text(body, "customer");
    out->method = json_member_text(body, "payment_method");
    out->client_secret = json_member_text(body, "client_secret");
    out->latest_charge = json_member_text(body, "latest_charge");
    out->setup_future_usage = json_member_text(body, "setup_future_usage");
    out->description = json_member_text(body, "description");
    out->cancellation_reason = json_member_text(body, "cancellation_reason");
    out->return_url = json_member_text(json_member(json_member(body, "next_action"), "redirect_to_url"), "return_url");
    out->metadata = raw_member(w->arena, body, "metadata");
    out->last_error = raw_member(w->arena, body, "last_payment_error");
    out->amount = json_member_int64(body, "amount", 0);
    out->amount_received = json_member_int64(body, "amount_received", 0);
    out->created = json_member_int64(body, "created", 0);
    return true;
}

bool setup_load(struct work *w, struct slice id, struct setup *out)
{
    *out = (struct setup){ 0 };
    const cJSON *body = load(w, "setup_intent", id, &out->version);
    if (!body)
        return false;
    out->id = json_member_text(body, "id");
    out->status = json_member_text(body, "status");
    out->customer = json_member_text(body, "customer");
    out->method = json_member_text(body, "payment_method");
    out->client_secret = json_member_text(body, "client_secret");
    out->usage = json_member_text(body, "usage");
    out->metadata = raw_member(w->arena, body, "metadata");
    out->last_error = raw_member(w->arena, body, "last_setup_error");
    out->created = json_member_int64(body, "created", 0);
    return true;
}

struct slice method_json(struct arena *arena, const struct method *method)
{
    const struct card *card = card_find(method->token);
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", method->id);
    json_put_text(&out, "object", SLICE("payment_method"));
    json_put_text(&out, "type", SLICE("card"));
    json_put_text(&out, "customer", method->customer);
    json_put_int(&out, "created", method->created);
    json_put_bool(&out, "livemode", false);
    json_begin(&out, "billing_details", '{');
    json_end(&out, '}');
    json_begin(&out, "card", '{');
    json_put_text(&out, "brand", slice_from_text(card ? card->brand : NULL));
    json_put_text(&out, "last4", slice_from_text(card ? card->last4 : NULL));
    json_put_int(&out, "exp_month", method->exp_month);
    json_put_int(&out, "exp_year", method->exp_year);
    json_put_text(&out, "funding", SLICE("credit"));
    json_put_text(&out, "country", SLICE("US"));
    json_put_text(&out, "fingerprint", slice_from_text(card ? card->last4 : NULL));
    json_end(&out, '}');
    json_begin(&out, "metadata", '{');
    json_put_text(&out, "sandbox_token", method->token);
    json_end(&out, '}');
    json_end(&out, '}');
    return json_done(&out);
}

static void put_next_action(struct json_writer *out, const char *kind, struct slice id, struct slice status, struct slice return_url)
{
    if (!slice_equals_text(status, "requires_action")) {
        json_put_null(out, "next_action");
        return;
    }
    json_begin(out, "next_action", '{');
    json_put_text(out, "type", SLICE("redirect_to_url"));
    json_begin(out, "redirect_to_url", '{');
    json_put_text(out, "url", arena_printf(out->arena, "%s/_sim/authenticate/%s/%.*s", sandbox_public_url(), kind, SLICE_FMT(id)));
    json_put_text(out, "return_url", return_url);
    json_end(out, '}');
    json_end(out, '}');
}

static void put_card_types(struct json_writer *out)
{
    json_begin(out, "payment_method_types", '[');
    json_put_text(out, NULL, SLICE("card"));
    json_end(out, ']');
}

static void put_method(struct json_writer *out, struct slice id, struct slice expanded)
{
    if (slice_is_none(expanded))
        json_put_text(out, "payment_method", id);
    else
        json_put_raw(out, "payment_method", expanded);
}

struct slice intent_json(struct arena *arena, const struct intent *intent, struct slice expanded)
{
    struct json_writer out = json_to_arena(arena);
    bool captured = intent->amount_received > 0;
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", intent->id);
    json_put_text(&out, "object", SLICE("payment_intent"));
    json_put_int(&out, "amount", intent->amount);
    json_put_int(&out, "amount_capturable", 0);
    json_put_int(&out, "amount_received", intent->amount_received);
    json_put_text(&out, "cancellation_reason", intent->cancellation_reason);
    json_put_text(&out, "capture_method", SLICE("automatic"));
    json_put_text(&out, "client_secret", intent->client_secret);
    json_put_text(&out, "confirmation_method", SLICE("automatic"));
    json_put_int(&out, "created", intent->created);
    json_put_text(&out, "currency", intent->currency);
    json_put_text(&out, "customer", intent->customer);
    json_put_text(&out, "description", intent->description);
    json_put_raw(&out, "last_payment_error", intent->last_error);
    json_put_text(&out, "latest_charge", captured || !slice_is_none(intent->latest_charge) ? intent->latest_charge : SLICE_NONE);
    json_put_bool(&out, "livemode", false);
    json_put_raw(&out, "metadata", slice_is_none(intent->metadata) ? SLICE("{}") : intent->metadata);
    put_next_action(&out, "payment_intent", intent->id, intent->status, intent->return_url);
    put_method(&out, intent->method, expanded);
    put_card_types(&out);
    json_put_text(&out, "setup_future_usage", intent->setup_future_usage);
    json_put_text(&out, "status", intent->status);
    json_end(&out, '}');
    return json_done(&out);
}

struct slice setup_json(struct arena *arena, const struct setup *setup, struct slice expanded)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", setup->id);
    json_put_text(&out, "object", SLICE("setup_intent"));
    json_put_text(&out, "client_secret", setup->client_secret);
    json_put_int(&out, "created", setup->created);
    json_put_text(&out, "customer", setup->customer);
    json_put_raw(&out, "last_setup_error", setup->last_error);
    json_put_bool(&out, "livemode", false);
    json_put_raw(&out, "metadata", slice_is_none(setup->metadata) ? SLICE("{}") : setup->metadata);
    put_next_action(&out, "setup_intent", setup->id, setup->status, SLICE_NONE);
    put_method(&out, setup->method, expanded);
    put_card_types(&out);
    json_put_text(&out, "status", setup->status);
    json_put_text(&out, "usage", setup->usage);
    json_end(&out, '}');
    return json_done(&out);
}
