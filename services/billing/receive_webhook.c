/* POST /v1/webhooks/{provider}: verify, keep, answer. The signature is over the raw bytes and its time is real time, whatever the
 * business clock says. Acting on the event is a job's. Suspends in one statement. */
#include "base/clock.h"
#include "base/log.h"
#include "base/uuid.h"
#include "billing/billing_metrics.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

static bool verify(struct request *rq, const struct provider *provider, struct slice body, struct slice *signature)
{
    enum webhook_verdict verdict = provider->webhook_verify(rq, body, clock_wall_us() / 1000000, signature);
    if (verdict == WEBHOOK_OK)
        return true;
    metric_webhook_event(provider, verdict == WEBHOOK_STALE ? WEBHOOK_REFUSED_STALE : WEBHOOK_REFUSED_SIGNATURE);
    log_warn("webhook refused", LOG_TEXT("provider", provider->name), LOG_TEXT("why", verdict == WEBHOOK_STALE ? "stale" : "signature"));
    if (verdict == WEBHOOK_STALE)
        work_fail(&rq->work, &PROBLEM_webhook_stale, "signed too long ago, or in the future");
    else
        work_fail(&rq->work, &PROBLEM_webhook_signature_invalid, "the signature does not match the body");
    return false;
}

struct reply receive_webhook(struct request *rq, const struct receive_webhook_in *in)
{
    struct work *w = &rq->work;
    struct slice signature;
    struct provider_event event;
    const struct provider *provider = provider_find(in->provider);
    if (!provider) {
        work_fail(w, &PROBLEM_not_found, "no such provider");
        return reply_problem(rq);
    }
    if (!verify(rq, provider, in->body, &signature))
        return reply_problem(rq);
    if (!provider->webhook_parse(w, in->body, &event)) {
        metric_webhook_event(provider, WEBHOOK_REFUSED_MALFORMED);
        work_fail(w, &PROBLEM_webhook_malformed, "not an event of this provider");
        return reply_problem(rq);
    }
    const struct row *row = db_one(w, SQL(receive_webhook, .id = uuid_new(w->arena), .provider = in->provider, .event_id = event.id,
                                          .type = event.type, .payload = in->body, .signature = signature));
    if (!row)
        return reply_problem(rq);
    metric_webhook_event(provider, row_bool(row, "stored") ? WEBHOOK_ACCEPTED : WEBHOOK_DUPLICATE);
    return reply_ok(rq, SLICE("{\"received\":true}"));
}
