/* Mercado Pago's dialect of the sandbox: its payments and refunds, customers with cards, and errors. Amounts are minor units here and decimals on the wire;
 * the account has one currency. Everything is under /mercadopago, for some of its paths are Stripe's too. */
#ifndef CUOTAS_SANDBOX_MERCADOPAGO_H
#define CUOTAS_SANDBOX_MERCADOPAGO_H

#include "sandbox.h"

/* mercadopago_reply.c -------------------------------------------------------------------------------------------------- */
void mercadopago_configure(void);
struct slice mercadopago_key(void);
struct slice mercadopago_webhook_secret(void);
const char *mercadopago_webhook_url(void);
struct slice mercadopago_account_currency(void);
bool is_mercadopago(const struct request *rq);
/* cause: the code inside, 0 for none. */
struct reply mercadopago_error(struct request *rq, int status, const char *error, int cause, const char *message);
SUSPENDS struct reply mercadopago_dispatch(struct request *rq);
/* A new id, as a number has it. */
struct slice mercadopago_number(struct arena *arena);
struct slice mercadopago_now(struct arena *arena);

/* mercadopago_objects.c ------------------------------------------------------------------------------------------------ */
struct mp_payment {
    struct slice id, status, status_detail, external_reference, payer_id, payer_email, card_id, created;
    struct slice metadata;   /* JSON */
    const struct card *card;
    int64_t amount, refunded, version;
};
/* Test tokens; code is the status_detail of what is rejected. */
const struct card *mercadopago_card_find(struct slice token);
struct slice mercadopago_amount(struct arena *arena, int64_t amount);
bool mercadopago_amount_read(struct slice text, int64_t *out);
struct slice mercadopago_payment_json(struct arena *arena, const struct mp_payment *payment);
SUSPENDS bool mercadopago_payment_load(struct work *w, struct slice id, struct mp_payment *out);
struct slice mercadopago_card_json(struct arena *arena, struct slice id, struct slice customer, const struct card *card);
/* What a token stands for: a test token, or one made of a saved card (card_id, customer). NULL: there is no such token. */
SUSPENDS const struct card *mercadopago_token_card(struct work *w, struct slice token, struct slice *card_id);

SUSPENDS struct reply mercadopago_create_customer(struct request *rq);
SUSPENDS struct reply mercadopago_search_customers(struct request *rq);
SUSPENDS struct reply mercadopago_create_card(struct request *rq);
SUSPENDS struct reply mercadopago_get_card(struct request *rq);
SUSPENDS struct reply mercadopago_create_card_token(struct request *rq);
SUSPENDS struct reply mercadopago_create_payment(struct request *rq);
SUSPENDS struct reply mercadopago_search_payments(struct request *rq);
SUSPENDS struct reply mercadopago_get_payment(struct request *rq);
SUSPENDS struct reply mercadopago_update_payment(struct request *rq);
SUSPENDS struct reply mercadopago_create_refund(struct request *rq);
SUSPENDS struct reply mercadopago_list_refunds(struct request *rq);
SUSPENDS struct reply mercadopago_sim_chargeback(struct request *rq);

#endif
