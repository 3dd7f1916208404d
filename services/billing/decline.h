/* Why money was not taken, in one vocabulary for all providers, and what to do about it. */
#ifndef CUOTAS_BILLING_DECLINE_H
#define CUOTAS_BILLING_DECLINE_H

#include "base/slice.h"

struct decline {
    struct slice failure_code;   /* as in the contract's Payment */
    struct slice kind;           /* soft: may work later; hard: never with this method; action: the customer must be there */
};

/* By Stripe's decline_code, else its error code; either may be none. Unknown ones are card_declined, soft: a retry costs little, a
 * customer sent away for nothing costs more. advice: what the card's network says to do about it, in Stripe's words (do_not_try_again, confirm_card_data,
 * try_again_later) or Mastercard's codes; it makes a decline harder and never softer. */
struct decline decline_from_stripe(struct slice decline_code, struct slice code, struct slice advice);

/* By the status_detail of a payment that Mercado Pago rejected (mercadopago.com/developers, "Payment results"). */
struct decline decline_from_mercadopago(struct slice status_detail);

/* By the reason code of a returned SEPA direct debit (EPC173-14). */
struct decline decline_from_sepa(struct slice code);

#endif
