/* The sandbox's parts (those of Mercado Pago's dialect alone are in mercadopago.h): Stripe's objects as structs, the test cards, one effect per request, replies and errors in Stripe's form. */
#ifndef CUOTAS_SANDBOX_SANDBOX_H
#define CUOTAS_SANDBOX_SANDBOX_H

#include "http/request.h"
#include "http/route.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/json_write.h"

/* cards.c: what each test token does ---------------------------------------------------------------------------------- */
enum card_behavior { CARD_PAYS, CARD_DECLINES, CARD_DECLINES_CHARGES /* can be saved, not charged */, CARD_AUTHENTICATES, CARD_DISPUTES };
struct card {
    const char *token;              /* "pm_card_visa" */
    const char *brand, *last4;
    enum card_behavior behavior;
    const char *code, *decline_code, *message;   /* of a decline; of one that is disputed: the reason, and `inquiry` */
    const char *fault;              /* JSON of a fault it always has, or NULL: see README.md */
};
const struct card *card_find(struct slice token);

/* objects.c ------------------------------------------------------------------------------------------------------------ */
struct method {
    struct slice id, token, customer;
    int64_t created, version, exp_month, exp_year;
};
/* Until when a test card is good, unless POST /_sim/cards says otherwise. */
#define CARD_EXP_MONTH 12
#define CARD_EXP_YEAR 2049
struct intent {
    struct slice id, currency, status, customer, method, client_secret, latest_charge, setup_future_usage, return_url, description, cancellation_reason;
    struct slice metadata, last_error;   /* JSON */
    int64_t amount, amount_received, created, version;
    bool off_session;
};
struct setup {
    struct slice id, status, customer, method, client_secret, usage;
    struct slice metadata, last_error;
    int64_t created, version;
};
#define REFUND_FAILURE "expired_or_canceled_card"
struct refund {
    struct slice id, charge, currency, intent, reason, status, failure_reason;
    struct slice metadata;   /* JSON */
    int64_t amount, created;
};
struct dispute {
    struct slice id, charge, currency, intent, reason, status;
    struct slice evidence, metadata;   /* JSON */
    int64_t amount, created, submissions;
    bool withdrawn, reinstated;        /* the money was taken from us, and given back */
};
/* A new id such as "pi_3..." */
struct slice object_id(struct arena *arena, const char *prefix);
struct slice form_metadata(struct arena *arena, const struct form *form);
/* False without a failure when there is none. */
SUSPENDS bool method_load(struct work *w, struct slice id, struct method *out);
SUSPENDS bool intent_load(struct work *w, struct slice id, struct intent *out);
SUSPENDS bool setup_load(struct work *w, struct slice id, struct setup *out);
struct slice method_json(struct arena *arena, const struct method *method);
/* expanded: the method's document in place of its id; may be none. */
struct slice intent_json(struct arena *arena, const struct intent *intent, struct slice expanded);
struct slice setup_json(struct arena *arena, const struct setup *setup, struct slice expanded);
struct slice refund_json(struct arena *arena, const struct refund *refund);
struct slice dispute_json(struct arena *arena, const struct dispute *dispute);

/* disputes.c ----------------------------------------------------------------------------------------------------------- */
/* One that begins: its document, and that with its events in an effect. */
struct slice dispute_new_json(struct arena *arena, const struct intent *intent, int64_t amount, const char *reason, bool inquiry);
struct effect;
void dispute_begin(struct effect *effect, struct slice body);

/* effect.c: what a request changes, saved in one unit ------------------------------------------------------------------ */
struct effect {
    struct work *work;
    struct json_writer objects, charges, refunds, events, deliveries;
    const cJSON *fault;             /* the webhook part of the request's fault, or NULL */
    int event_count;
    struct slice refund_later;      /* a refund that settle_refund brings to its end, or none */
    int64_t refund_later_ms;
    bool refund_fails;              /* its end is that it failed */
};
struct effect effect_new(struct work *w);
void effect_put(struct effect *effect, struct slice id, const char *kind, struct slice customer, int64_t version, struct slice body);
void effect_capture(struct effect *effect, const struct intent *intent);
/* Does nothing with amount 0. */
void effect_refund(struct effect *effect, struct slice payment_intent, int64_t amount);
/* An event about `object`, to be delivered as the fault says. age_s: how much earlier it claims to have happened. */
void effect_event(struct effect *effect, const char *type, struct slice object, int64_t age_s);
/* The same in Mercado Pago's words, which only name the payment. */
void effect_notification(struct effect *effect, const char *action, struct slice payment_id);
/* Where nobody waits for a reply: in a job. False: nothing was saved. */
SUSPENDS bool effect_apply(struct effect *effect);
/* The reply the effect leads to; an error reply when it cannot be saved. */
SUSPENDS struct reply effect_save(struct request *rq, struct effect *effect, int status, struct slice body);

/* stripe_reply.c ------------------------------------------------------------------------------------------------------- */
void sandbox_configure(void);
struct slice sandbox_webhook_secret(void);
const char *sandbox_webhook_url(void);
/* SANDBOX_PUBLIC_URL: where customers reach the sandbox, for links. */
const char *sandbox_public_url(void);
/* The whole error document. method: expanded payment method, or none; intent likewise. */
struct slice error_json(struct arena *arena, const char *type, const char *code, const char *decline_code, const char *message,
                        const char *parameter, struct slice intent_name, struct slice intent, struct slice method);
struct reply error_reply(struct request *rq, int status, const char *type, const char *code, const char *message, const char *parameter);
struct reply error_missing(struct request *rq, const char *what, struct slice id);
/* Authenticates, routes, and turns our problems into Stripe's errors. */
SUSPENDS struct reply sandbox_dispatch(struct request *rq);
/* Reads the form body; false with the reply made when it is malformed. */
bool form_body(struct request *rq, struct form *form, struct reply *reply);
bool form_flag(const struct form *form, const char *key);
/* expand[]=payment_method */
bool form_expands_method(const struct form *form);
/* The document of a method when the request's expand[] asks for it, else none. form NULL: the query string is asked. */
SUSPENDS struct slice expanded_method(struct request *rq, const struct form *form, struct slice method);

/* faults.c -------------------------------------------------------------------------------------------------------------- */
/* about: "charge" or "refund", the member of the plan that is meant. The fault ordered for this payment, or the one its card always has;
 * NULL for none. */
SUSPENDS const cJSON *fault_take(struct work *w, const char *about, struct slice customer, const struct card *card);
/* Plays `when` ("before" or "after" the effect): true when the request has been answered in *reply. */
SUSPENDS bool fault_play(struct request *rq, const cJSON *fault, const char *about, const char *when, struct reply *reply);

/* confirm.c ------------------------------------------------------------------------------------------------------------- */
/* Tries to take the money: sets the intent's state and adds objects, charge and events to the effect. Returns the error document of a decline, none
 * otherwise. `method` may be a new one (version 0), which is put too. */
struct slice confirm_intent(struct effect *effect, struct intent *intent, struct method *method, const cJSON *fault);
/* The customer has authenticated (or failed to). */
void finish_intent(struct effect *effect, struct intent *intent, struct method *method, bool authenticated);
struct slice decline_last_error(struct arena *arena, const struct card *card, const char *decline_code, struct slice method);

extern const struct route stripe_routes[];
extern const size_t stripe_route_count;

#endif
