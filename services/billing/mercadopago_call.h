/* What the Mercado Pago adapter asks with: one HTTP call each, its meaning as provider_outcome; and who signed a webhook. */
#ifndef CUOTAS_BILLING_MERCADOPAGO_CALL_H
#define CUOTAS_BILLING_MERCADOPAGO_CALL_H

#include "billing/provider.h"

#include <cjson/cJSON.h>

struct mercadopago_answer {
    struct slice text;       /* as it came */
    const cJSON *body;       /* NULL: none, or not JSON */
    bool unsent;             /* no connection, with PROVIDER_RETRYABLE */
};

bool mercadopago_configure(void);
/* The account's, which a payment does not name. */
struct slice mercadopago_currency(void);
/* name: for the log; paths hold references. key: none, or what makes repeating it one effect. */
SUSPENDS enum provider_outcome mercadopago_send(struct work *w, const char *name, const char *method, struct slice path, struct slice json, struct slice key,
                                                struct mercadopago_answer *answer);
SUSPENDS enum provider_outcome mercadopago_read(struct work *w, const char *name, struct slice path, struct mercadopago_answer *answer);

enum webhook_verdict mercadopago_webhook_verify(const struct request *rq, struct slice body, int64_t now_s, struct slice *signature);
bool mercadopago_webhook_authentic(struct slice signature, struct slice body);

#endif
