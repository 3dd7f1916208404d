/* Stripe's documents as our structs and back: pure, no I/O, unit-tested. */
#ifndef CUOTAS_BILLING_STRIPE_WIRE_H
#define CUOTAS_BILLING_STRIPE_WIRE_H

#include "billing/provider.h"

#include <cjson/cJSON.h>

/* Stripe's amounts are minor units, but where it counts a currency's decimals its own way (docs.stripe.com/currencies: ISK and
 * UGX are written with two decimals, always zero; MGA without the two it has). exact: it can be written so at all. */
bool stripe_amount_exact(int64_t amount, struct slice currency);
int64_t stripe_amount_out(int64_t amount, struct slice currency);
int64_t stripe_amount_in(int64_t amount, struct slice currency);

/* Form bodies. return_url may be NULL. */
struct slice stripe_form_charge(struct arena *arena, const struct charge_request *rq, bool off_session, const char *return_url);
struct slice stripe_form_setup(struct arena *arena, const struct setup_request *rq, const char *return_url);
struct slice stripe_form_refund(struct arena *arena, const struct refund_request *rq);
/* evidence: a JSON object of texts. */
struct slice stripe_form_evidence(struct arena *arena, struct slice evidence);
struct slice stripe_form_customer(struct arena *arena, struct slice customer_id);

/* Objects. False when it is not what it should be. */
bool stripe_read_intent(struct arena *arena, const cJSON *intent, struct charge *out);
bool stripe_read_setup(const cJSON *setup, struct setup *out);
bool stripe_read_refund(struct arena *arena, const cJSON *refund, struct refund *out);
bool stripe_read_dispute(struct arena *arena, const cJSON *dispute, struct dispute *out);
bool stripe_read_method(const cJSON *method, struct method *out);
bool stripe_read_event(struct arena *arena, const cJSON *event, struct provider_event *out);

/* An answer's meaning by its status and body (NULL: not JSON). PROVIDER_OK with *declined when the body is a card's decline. */
enum provider_outcome stripe_judge(long status, const cJSON *body, bool *declined);
/* PROVIDER_REFUSED is about the amount or its currency, not the method. */
bool stripe_amount_refused(const cJSON *body);
/* The decline inside an error document, which may carry the intent. */
void stripe_read_decline(struct arena *arena, const cJSON *body, struct charge *out);

#endif
