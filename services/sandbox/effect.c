/* What one request changes: gathered while it is decided, saved in one unit with the answer its repetitions get. So the sandbox, killed
 * anywhere, has either done a request or not; no money is taken without its event. */
#include "base/clock.h"
#include "gen/problems.h"
#include "gen/sandbox/sql.h"
#include "mercadopago.h"
#include "sandbox.h"
#include "wire/json.h"

#include <string.h>

#define API_VERSION "2024-06-20"
#define COPIES_MAX 10
#define DELAY_MAX_MS 86400000

struct effect effect_new(struct work *w)
{
    struct effect effect = { .work = w };
    struct json_writer *const all[] = { &effect.objects, &effect.charges, &effect.refunds, &effect.events, &effect.deliveries };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        *all[i] = json_to_arena(w->arena);
        json_begin(all[i], NULL, '[');
    }
    return effect;
}

void effect_put(struct effect *effect, struct slice id, const char *kind, struct slice customer, int64_t version, struct slice body)
{
    json_begin(&effect->objects, NULL, '{');
    json_put_text(&effect->objects, "id", id);
    json_put_text(&effect->objects, "kind", slice_from_text(kind));
    json_put_text(&effect->objects, "customer", customer);
    json_put_int(&effect->objects, "version", version);
    json_put_raw(&effect->objects, "body", body);
    json_end(&effect->objects, '}');
}

void effect_capture(struct effect *effect, const struct intent *intent)
{
    json_begin(&effect->charges, NULL, '{');
    json_put_text(&effect->charges, "id", intent->latest_charge);
    json_put_text(&effect->charges, "payment_intent", intent->id);
    json_put_int(&effect->charges, "amount", intent->amount);
    json_put_text(&effect->charges, "currency", intent->currency);
    json_put_text(&effect->charges, "customer", intent->customer);
    json_put_raw(&effect->charges, "metadata", intent->metadata);
    json_end(&effect->charges, '}');
}

void effect_refund(struct effect *effect, struct slice payment_intent, int64_t amount)
{
    json_begin(&effect->refunds, NULL, '{');
    json_put_text(&effect->refunds, "payment_intent", payment_intent);
    json_put_int(&effect->refunds, "amount", amount);
    json_end(&effect->refunds, '}');
}

static int64_t bounded(const cJSON *fault, const char *name, int64_t fallback, int64_t max)
{
    int64_t value = json_member_int64(fault, name, fallback);
    return value < 0 ? 0 : value > max ? max : value;
}

/* Of disputes nobody asks, so a provider sends them until they are taken: lost or badly signed they are only late. */
static void put_deliveries(struct effect *effect, struct slice event_id, const char *type)
{
    const bool asked_for = strncmp(type, "charge.dispute.", 15) != 0;
    struct slice signature = asked_for ? json_member_text(effect->fault, "signature") : SLICE_NONE;
    int64_t copies = bounded(effect->fault, "copies", 1, COPIES_MAX), delay_ms = bounded(effect->fault, "delay_ms", 0, DELAY_MAX_MS);
    if (asked_for && cJSON_IsTrue(json_member(effect->fault, "drop")))
        return;
    /* Reversed: of several events of one request the later ones arrive first. */
    if (cJSON_IsTrue(json_member(effect->fault, "reversed")))
        delay_ms += effect->event_count == 1 ? 1000 : 0;
    for (int64_t copy = 0; copy < copies; copy++) {
        json_begin(&effect->deliveries, NULL, '{');
        json_put_text(&effect->deliveries, "event_id", event_id);
        json_put_int(&effect->deliveries, "copy", copy);
        json_put_int(&effect->deliveries, "delay_ms", delay_ms);
        json_put_text(&effect->deliveries, "signature", signature);
        json_end(&effect->deliveries, '}');
    }
}

static void add_event(struct effect *effect, struct slice id, const char *type, const char *dialect, struct slice payload)
{
    effect->event_count++;
    json_begin(&effect->events, NULL, '{');
    json_put_text(&effect->events, "id", id);
    json_put_text(&effect->events, "type", slice_from_text(type));
    json_put_text(&effect->events, "payload", payload);
    json_put_text(&effect->events, "dialect", slice_from_text(dialect));
    json_end(&effect->events, '}');
    put_deliveries(effect, id, type);
}

void effect_notification(struct effect *effect, const char *action, struct slice payment_id)
{
    struct arena *arena = effect->work->arena;
    struct slice id = mercadopago_number(arena);
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "action", slice_from_text(action));
    json_put_text(&out, "api_version", SLICE("v1"));
    json_begin(&out, "data", '{');
    json_put_text(&out, "id", payment_id);
    json_end(&out, '}');
    json_put_text(&out, "date_created", mercadopago_now(arena));
    json_put_raw(&out, "id", id);
    json_put_bool(&out, "live_mode", false);
    json_put_text(&out, "type", SLICE("payment"));
    json_put_text(&out, "user_id", SLICE("1"));
    json_end(&out, '}');
    add_event(effect, id, action, "mercadopago", json_done(&out));
}

void effect_event(struct effect *effect, const char *type, struct slice object, int64_t age_s)
{
    struct arena *arena = effect->work->arena;
    struct slice id = object_id(arena, "evt");
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", id);
    json_put_text(&out, "object", SLICE("event"));
    json_put_text(&out, "api_version", SLICE(API_VERSION));
    json_put_int(&out, "created", clock_wall_us() / 1000000 - age_s);
    json_begin(&out, "data", '{');
    json_put_raw(&out, "object", object);
    json_end(&out, '}');
    json_put_bool(&out, "livemode", false);
    json_put_int(&out, "pending_webhooks", 1);
    json_put_null(&out, "request");
    json_put_text(&out, "type", slice_from_text(type));
    json_end(&out, '}');
    add_event(effect, id, type, "stripe", json_done(&out));
}

static struct slice list_done(struct json_writer *out)
{
    json_end(out, ']');
    return json_done(out);
}

static SUSPENDS bool save(struct effect *effect, int status, struct slice body)
{
    struct work *w = effect->work;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(effect_save, .objects = list_done(&effect->objects), .charges = list_done(&effect->charges),
                          .refunds = list_done(&effect->refunds), .events = list_done(&effect->events),
                          .deliveries = list_done(&effect->deliveries), .status = work_int(w, status), .reply = body));
    if (!slice_is_none(effect->refund_later))
        batch_add(batch, SQL(refund_later, .refund_id = effect->refund_later, .delay_ms = work_int(w, effect->refund_later_ms), .fails = effect->refund_fails ? SLICE("true") : SLICE("false"),
                             .webhook = effect->fault ? json_print(w->arena, effect->fault) : SLICE_NONE));
    return batch_run(batch);
}

bool effect_apply(struct effect *effect)
{
    return save(effect, 0, SLICE_NONE);
}

struct reply effect_save(struct request *rq, struct effect *effect, int status, struct slice body)
{
    return save(effect, status, body) ? reply_json(rq, status, body) : reply_problem(rq);
}
