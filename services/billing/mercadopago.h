/* Mercado Pago behind the provider interface: payments, refunds, customers' cards, webhooks (mercadopago.com/developers, Payments API).
 * Off without MERCADOPAGO_ACCESS_TOKEN. Else MERCADOPAGO_WEBHOOK_SECRET (several, separated by commas, while one is being rotated),
 * MERCADOPAGO_CURRENCY (the account's: a payment does not name one, so no other is ever sent), MERCADOPAGO_API_BASE, PROVIDER_TIMEOUT_MS.
 *
 * A saved card's token here is "<customer>.<card>": it is charged by a fresh card token made of it. Charging one without its security code has to be
 * enabled for the account. Payers are not asked to authenticate (no 3-D Secure), and chargebacks are answered at Mercado Pago's site. */
#ifndef CUOTAS_BILLING_MERCADOPAGO_H
#define CUOTAS_BILLING_MERCADOPAGO_H

#include "billing/provider.h"

extern const struct provider mercadopago_provider;

#endif
