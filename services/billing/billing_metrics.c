/* Counters of billing. Their number is fixed: providers times outcomes; a provider without counters here is not counted. */
#include "billing/billing_metrics.h"

#include "service/metrics.h"

enum attempt { ATTEMPT_ACCEPTED, ATTEMPT_ACTION, ATTEMPT_SOFT, ATTEMPT_HARD, ATTEMPT_REFUSED, ATTEMPT_RETRYABLE, ATTEMPT_UNKNOWN, ATTEMPTS };

#define ATTEMPT_METRIC(provider, outcome)                                                                                        \
    { .name = "cuotas_payment_attempts_total", .help = "Charges sent to payment providers, by what they came to",                 \
      .labels = "provider=\"" provider "\",outcome=\"" outcome "\"" }
static struct metric stripe_attempts[ATTEMPTS] = {
    [ATTEMPT_ACCEPTED] = ATTEMPT_METRIC("stripe", "accepted"),   [ATTEMPT_ACTION] = ATTEMPT_METRIC("stripe", "action"),
    [ATTEMPT_SOFT] = ATTEMPT_METRIC("stripe", "declined_soft"),  [ATTEMPT_HARD] = ATTEMPT_METRIC("stripe", "declined_hard"),
    [ATTEMPT_REFUSED] = ATTEMPT_METRIC("stripe", "refused"),     [ATTEMPT_RETRYABLE] = ATTEMPT_METRIC("stripe", "retryable"),
    [ATTEMPT_UNKNOWN] = ATTEMPT_METRIC("stripe", "unknown"),
};

#define WEBHOOK_METRIC(provider, verdict)                                                                                        \
    { .name = "cuotas_webhook_events_total", .help = "Events from payment providers, by what was done with them",                  \
      .labels = "provider=\"" provider "\",verdict=\"" verdict "\"" }
static struct metric stripe_webhooks[] = {
    [WEBHOOK_ACCEPTED] = WEBHOOK_METRIC("stripe", "accepted"),
    [WEBHOOK_DUPLICATE] = WEBHOOK_METRIC("stripe", "duplicate"),
    [WEBHOOK_REFUSED_SIGNATURE] = WEBHOOK_METRIC("stripe", "bad_signature"),
    [WEBHOOK_REFUSED_STALE] = WEBHOOK_METRIC("stripe", "stale"),
    [WEBHOOK_REFUSED_MALFORMED] = WEBHOOK_METRIC("stripe", "malformed"),
};

static bool is_stripe(const struct provider *provider)
{
    return strcmp(provider->name, "stripe") == 0;
}

static enum attempt attempt_of(enum provider_outcome outcome, const struct charge *charge)
{
    if (outcome == PROVIDER_RETRYABLE)
        return ATTEMPT_RETRYABLE;
    if (outcome == PROVIDER_UNKNOWN)
        return ATTEMPT_UNKNOWN;
    if (outcome != PROVIDER_OK)
        return ATTEMPT_REFUSED;
    if (charge->state == CHARGE_REQUIRES_ACTION)
        return ATTEMPT_ACTION;
    if (charge->state != CHARGE_FAILED)
        return ATTEMPT_ACCEPTED;
    if (slice_equals_text(charge->decline_kind, "action"))
        return ATTEMPT_ACTION;
    return slice_equals_text(charge->decline_kind, "hard") ? ATTEMPT_HARD : ATTEMPT_SOFT;
}

void metric_payment_attempt(const struct provider *provider, enum provider_outcome outcome, const struct charge *charge)
{
    if (is_stripe(provider))
        metric_add(&stripe_attempts[attempt_of(outcome, charge)], 1);
}

void metric_webhook_event(const struct provider *provider, enum webhook_count what)
{
    if (is_stripe(provider))
        metric_add(&stripe_webhooks[what], 1);
}
