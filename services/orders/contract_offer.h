/* The contract an offer would be, for a cart: what a buyer reads before accepting, and what is compared and kept when they do. */
#ifndef CUOTAS_ORDERS_CONTRACT_OFFER_H
#define CUOTAS_ORDERS_CONTRACT_OFFER_H

#include "offer.h"
#include "wire/json_write.h"

struct contract_offer {
    struct slice cart_id, currency, lines;   /* lines: JSON, as a cart or a hold has them */
    int64_t total;
    const struct offer *offer;
    const struct row *checkout;              /* of get_checkout or get_quote_checkout: the release, the law's rate */
    const struct row *terms;                 /* of get_contract_terms */
    bool spanish;
};

/* None with the failure recorded when the buyer cannot be looked up. Whoever asks is the buyer. */
SUSPENDS struct slice contract_offer_text(struct work *w, const struct contract_offer *of);
/* The same of what get_checkout or get_quote_checkout found, offer included; `spanish` and `terms` of `of` are set. None with what refuses it. */
SUSPENDS struct slice contract_offer_preview(struct work *w, const struct row *checkout, struct contract_offer *of);
/* Members of the answer to who reads it: locale, terms_version, body, sha256. */
void contract_offer_put(struct json_writer *out, struct arena *arena, const struct contract_offer *of, struct slice text);

#endif
