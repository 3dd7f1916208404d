/* Job deliver_webhook: signs an event in its dialect at the moment it is sent and posts it; anything but a 2xx is tried again, with backoff. A
 * signature can be made wrong on order; such a delivery is given up when it is refused, as it should be. */
#include "base/clock.h"
#include "base/log.h"
#include "base/uuid.h"
#include "gen/sandbox/sql.h"
#include "gen/sandbox/tables.h"
#include "http/outside.h"
#include "mercadopago.h"
#include "sandbox.h"
#include "wire/signature.h"

#define AWAY_S 3600

/* What a delivery is signed with: the right secret and time, or the wrong ones that were ordered. */
struct pen {
    struct slice secret;
    int64_t now_s;
};

static struct pen pen_of(struct slice mode, struct slice secret)
{
    struct pen pen = { secret, clock_wall_us() / 1000000 };
    if (slice_equals_text(mode, "wrong"))
        pen.secret = SLICE("whsec_of_somebody_else");
    if (slice_equals_text(mode, "old"))
        pen.now_s -= AWAY_S;
    if (slice_equals_text(mode, "future"))
        pen.now_s += AWAY_S;
    return pen;
}

static SUSPENDS enum result deliver_stripe(struct work *w, struct slice mode, struct slice payload, struct outside_reply *reply)
{
    struct pen pen = pen_of(mode, sandbox_webhook_secret());
    struct slice signature = arena_printf(w->arena, "Stripe-Signature: %.*s", SLICE_FMT(stripe_signature_make(w->arena, pen.secret, pen.now_s, payload)));
    const char *const headers[] = { "Content-Type: application/json; charset=utf-8", signature.data, NULL };
    struct outside_request request = { .method = "POST", .url = sandbox_webhook_url(), .headers = headers, .body = payload };
    return outside_call(w, &request, reply);
}

/* Signed over what is asked of, the request's id and the time in milliseconds; never over the body. */
static SUSPENDS enum result deliver_mercadopago(struct work *w, struct slice mode, struct slice payload, struct outside_reply *reply)
{
    struct pen pen = pen_of(mode, mercadopago_webhook_secret());
    struct slice id = json_member_text(json_member(json_parse(w->arena, payload, NULL, NULL), "data"), "id"), request_id = uuid_new(w->arena);
    struct slice time = arena_printf(w->arena, "%lld000", (long long)pen.now_s);
    struct slice signature = arena_printf(w->arena, "x-signature: %.*s", SLICE_FMT(mercadopago_signature_make(w->arena, pen.secret, time, id, request_id)));
    struct slice named = arena_printf(w->arena, "x-request-id: %.*s", SLICE_FMT(request_id));
    struct slice url = arena_printf(w->arena, "%s?data.id=%.*s&type=payment", mercadopago_webhook_url(), SLICE_FMT(id));
    const char *const headers[] = { "Content-Type: application/json", signature.data, named.data, NULL };
    struct outside_request request = { .method = "POST", .url = url.data, .headers = headers, .body = payload };
    return outside_call(w, &request, reply);
}

SUSPENDS enum job_outcome job_deliver_webhook(struct work *w, const struct job *job)
{
    const struct row *event = db_maybe(w, SQL(event_get, .id = job_text(w, job, "event_id")));
    if (!event)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    struct slice payload = row_text(event, "payload"), mode = job_text(w, job, "signature");
    struct outside_reply reply = { 0 };
    enum result result = slice_equals_text(row_text(event, "dialect"), "stripe") ? deliver_stripe(w, mode, payload, &reply) : deliver_mercadopago(w, mode, payload, &reply);
    if (result == RESULT_OK && reply.status >= 200 && reply.status < 300)
        return JOB_DONE;
    log_warn("webhook not taken", LOG_SLICE("event_id", job_text(w, job, "event_id")), LOG_INT("status", reply.status),
             LOG_TEXT("result", result_name(result)));
    return slice_is_none(mode) ? JOB_RETRY : JOB_DONE;
}
