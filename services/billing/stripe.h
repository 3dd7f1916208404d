/* Stripe behind the provider interface: PaymentIntents, SetupIntents, Customers, Refunds, webhooks (docs.stripe.com/api).
 * Configuration: STRIPE_API_BASE, STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET (several, separated by commas, while one is being
 * rotated), PROVIDER_TIMEOUT_MS, PAYMENT_RETURN_URL (where the customer comes back to after authenticating). */
#ifndef CUOTAS_BILLING_STRIPE_H
#define CUOTAS_BILLING_STRIPE_H

#include "billing/provider.h"

extern const struct provider stripe_provider;

#endif
