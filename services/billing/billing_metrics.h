/* Billing's own counters: what charges came to, and what was done with providers' events. */
#ifndef CUOTAS_BILLING_METRICS_H
#define CUOTAS_BILLING_METRICS_H

#include "billing/provider.h"

void metric_payment_attempt(const struct provider *provider, enum provider_outcome outcome, const struct charge *charge);
enum webhook_count { WEBHOOK_ACCEPTED, WEBHOOK_DUPLICATE, WEBHOOK_REFUSED_SIGNATURE, WEBHOOK_REFUSED_STALE, WEBHOOK_REFUSED_MALFORMED, WEBHOOK_COUNTS };
void metric_webhook_event(const struct provider *provider, enum webhook_count what);

#endif
