/* Counters of billing. Their number is fixed: providers times outcomes; a provider without counters here is not counted. */
#include "billing/billing_metrics.h"

#include "service/metrics.h"

enum attempt { ATTEMPT_ACCEPTED, ATTEMPT_ACTION, ATTEMPT_SOFT, ATTEMPT_HARD, ATTEMPT_REFUSED, ATTEMPT_RETRYABLE, ATTEMPT_UNKNOWN, ATTEMPTS };

#define ATTEMPT_METRIC(provider, outcome)                                                                                        \
    { .name = "cuotas_payment_attempts_total", .help = "Charges sent to payment providers, by what they came to",                 \
      .labels = "provider=\"" provider "\",outcome=\"" outcome "\"" }
#define ATTEMPT_METRICS(provider)                                                                                                \
    {                                                                                                                            \
        [ATTEMPT_ACCEPTED] = ATTEMPT_METRIC(provider, "accepted"), [ATTEMPT_ACTION] = ATTEMPT_METRIC(provider, "action"),         \
        [ATTEMPT_SOFT] = ATTEMPT_METRIC(provider, "declined_soft"), [ATTEMPT_HARD] = ATTEMPT_METRIC(provider, "declined_hard"),   \
        [ATTEMPT_REFUSED] = ATTEMPT_METRIC(provider, "refused"), [ATTEMPT_RETRYABLE] = ATTEMPT_METRIC(provider, "retryable"),     \
        [ATTEMPT_UNKNOWN] = ATTEMPT_METRIC(provider, "unknown"),                                                                  \
    }

#define WEBHOOK_METRIC(provider, verdict)                                                                                        \
    { .name = "cuotas_webhook_events_total", .help = "Events from payment providers, by what was done with them",                  \
      .labels = "provider=\"" provider "\",verdict=\"" verdict "\"" }
#define WEBHOOK_METRICS(provider)                                                                                                \
    {                                                                                                                            \
        [WEBHOOK_ACCEPTED] = WEBHOOK_METRIC(provider, "accepted"), [WEBHOOK_DUPLICATE] = WEBHOOK_METRIC(provider, "duplicate"),   \
        [WEBHOOK_REFUSED_SIGNATURE] = WEBHOOK_METRIC(provider, "bad_signature"),                                                  \
        [WEBHOOK_REFUSED_STALE] = WEBHOOK_METRIC(provider, "stale"), [WEBHOOK_REFUSED_MALFORMED] = WEBHOOK_METRIC(provider, "malformed"), \
    }

static struct counters {
    const char *provider;
    struct metric attempts[ATTEMPTS], webhooks[WEBHOOK_COUNTS];
} counters[] = {
    { "stripe", ATTEMPT_METRICS("stripe"), WEBHOOK_METRICS("stripe") },
    { "mercadopago", ATTEMPT_METRICS("mercadopago"), WEBHOOK_METRICS("mercadopago") },
};

static struct counters *counters_of(const struct provider *provider)
{
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        if (strcmp(provider->name, counters[i].provider) == 0)
            return &counters[i];
    return NULL;
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
    struct counters *of = counters_of(provider);
    if (of)
        metric_add(&of->attempts[attempt_of(outcome, charge)], 1);
}

void metric_webhook_event(const struct provider *provider, enum webhook_count what)
{
    struct counters *of = counters_of(provider);
    if (of)
        metric_add(&of->webhooks[what], 1);
}
