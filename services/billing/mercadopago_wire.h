/* Mercado Pago's documents as our structs and back: pure, no I/O, unit-tested. Amounts are decimal numbers there; they are read from and written as
 * their text, never through a double, so documents with amounts are read from the raw JSON (which json_check must have let pass). */
#ifndef CUOTAS_BILLING_MERCADOPAGO_WIRE_H
#define CUOTAS_BILLING_MERCADOPAGO_WIRE_H

#include "billing/provider.h"

#include <cjson/cJSON.h>

/* Pesos of Chile and Colombia are whole there (ours has Colombia's centavos). False: it cannot be written so, never another amount. */
bool mercadopago_amount_out(struct arena *arena, int64_t amount, struct slice currency, struct slice *out);
bool mercadopago_amount_in(struct slice text, struct slice currency, int64_t *out);

/* "<customer>.<card>": a saved card, and nothing a client can send. */
struct slice mercadopago_saved_token(struct arena *arena, struct slice customer, struct slice card);
bool mercadopago_saved_split(struct slice token, struct slice *customer, struct slice *card);

/* card_token: what is charged. payer: the provider's customer, or none. None when the amount cannot be written. */
struct slice mercadopago_payment(struct arena *arena, const struct charge_request *rq, struct slice card_token, struct slice payer);

bool mercadopago_read_payment(struct arena *arena, struct slice payment, struct charge *out);
/* True when it is being charged back, or was. */
bool mercadopago_read_chargeback(struct arena *arena, struct slice payment, struct dispute *out);
/* Of an account's currency: a refund does not name one. */
bool mercadopago_read_refund(struct arena *arena, struct slice refund, struct slice currency, struct refund *out);
bool mercadopago_read_card(struct arena *arena, const cJSON *card, struct slice customer, struct method *out);
bool mercadopago_read_notification(struct arena *arena, const cJSON *body, struct provider_event *out);
/* A member that is a text or a number, as text; none otherwise. */
struct slice mercadopago_id(struct arena *arena, const cJSON *object, const char *name);

/* An answer's meaning by its status and body (NULL: not JSON). */
enum provider_outcome mercadopago_judge(long status, const cJSON *body);
/* PROVIDER_REFUSED is about the amount, not the method. */
bool mercadopago_amount_refused(struct arena *arena, const cJSON *body);

#endif
