/* Job deliver_webhook: signs an event at the moment it is sent and posts it; anything but a 2xx is tried again, with backoff. A
 * signature can be made wrong on order; such a delivery is given up when it is refused, as it should be. */
#include "base/clock.h"
#include "base/log.h"
#include "gen/sandbox/sql.h"
#include "gen/sandbox/tables.h"
#include "http/outside.h"
#include "sandbox.h"
#include "wire/signature.h"

#define AWAY_S 3600

static struct slice signature_header(struct work *w, struct slice mode, struct slice payload)
{
    int64_t now_s = clock_wall_us() / 1000000;
    struct slice secret = sandbox_webhook_secret();
    if (slice_equals_text(mode, "wrong"))
        secret = SLICE("whsec_of_somebody_else");
    if (slice_equals_text(mode, "old"))
        now_s -= AWAY_S;
    if (slice_equals_text(mode, "future"))
        now_s += AWAY_S;
    struct slice value = stripe_signature_make(w->arena, secret, now_s, payload);
    return arena_printf(w->arena, "Stripe-Signature: %.*s", SLICE_FMT(value));
}

SUSPENDS enum job_outcome job_deliver_webhook(struct work *w, const struct job *job)
{
    const struct row *event = db_maybe(w, SQL(event_get, .id = job_text(w, job, "event_id")));
    if (!event)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    struct slice payload = row_text(event, "payload"), mode = job_text(w, job, "signature");
    struct slice signature = signature_header(w, mode, payload);
    const char *const headers[] = { "Content-Type: application/json; charset=utf-8", signature.data, NULL };
    struct outside_request request = { .method = "POST", .url = sandbox_webhook_url(), .headers = headers, .body = payload };
    struct outside_reply reply = { 0 };
    enum result result = outside_call(w, &request, &reply);
    if (result == RESULT_OK && reply.status >= 200 && reply.status < 300)
        return JOB_DONE;
    log_warn("webhook not taken", LOG_SLICE("event_id", job_text(w, job, "event_id")), LOG_INT("status", reply.status),
             LOG_TEXT("result", result_name(result)));
    return slice_is_none(mode) ? JOB_RETRY : JOB_DONE;
}
