/* The Stripe adapter: one HTTP call for each function of the interface. Knows Stripe's paths and headers; what the documents mean is
 * stripe_wire's. Secrets stay in this file and are never logged. Every function that takes a work suspends in outside_call. */
#include "billing/stripe.h"

#include "base/log.h"
#include "billing/stripe_wire.h"
#include "http/outside.h"
#include "service/config.h"
#include "wire/json.h"
#include "wire/signature.h"
#include "wire/uri.h"

#include <stdio.h>

#define STRIPE_VERSION "2024-06-20"
#define WEBHOOK_SECRETS_MAX 4
#define SECRET_BYTES_MIN 8

static struct {
    const char *base, *authorization, *return_url;
    int64_t timeout_us;
    struct slice webhook_secrets[WEBHOOK_SECRETS_MAX];
    size_t webhook_secret_count;
} config;

static bool stripe_configure(void)
{
    static char authorization[512];
    struct slice key = config_secret("STRIPE_SECRET_KEY", SECRET_BYTES_MIN);
    struct slice rest = config_secret("STRIPE_WEBHOOK_SECRET", SECRET_BYTES_MIN);
    (void)snprintf(authorization, sizeof authorization, "Authorization: Bearer %.*s", SLICE_FMT(key));
    config.authorization = authorization;
    config.base = config_text_or("STRIPE_API_BASE", "https://api.stripe.com");
    config.return_url = config_text_or("PAYMENT_RETURN_URL", "http://localhost:8080/");
    config.timeout_us = config_int_or("PROVIDER_TIMEOUT_MS", 8000, 100, 15000) * 1000;
    while (!slice_is_none(rest) && config.webhook_secret_count < WEBHOOK_SECRETS_MAX) {
        struct slice secret = slice_trim(slice_cut(rest, ',', &rest));
        if (secret.size > 0)
            config.webhook_secrets[config.webhook_secret_count++] = secret;
    }
    return true;
}

struct call {
    const char *name;        /* for the log: paths hold references */
    const char *method;
    struct slice path, form, key;
};

struct answer {
    const cJSON *body;       /* NULL: none, or not JSON */
    bool declined;           /* a card's decline, with PROVIDER_OK */
    bool unsent;             /* no connection, with PROVIDER_RETRYABLE */
};

static void log_outcome(struct work *w, const struct call *call, const char *what, long status, const struct answer *answer)
{
    log_warn(what, LOG_TEXT("call", call->name), LOG_INT("status", status),
             LOG_SLICE("code", json_member_text(json_member(answer->body, "error"), "code")), LOG_SLICE("trace_id", w->trace_id));
}

static SUSPENDS enum result send(struct work *w, const struct call *call, struct outside_reply *reply)
{
    struct slice url = arena_printf(w->arena, "%s%.*s", config.base, SLICE_FMT(call->path));
    struct slice key = arena_printf(w->arena, "Idempotency-Key: %.*s", SLICE_FMT(call->key));
    const char *const headers[] = { config.authorization, "Stripe-Version: " STRIPE_VERSION,
                                    "Content-Type: application/x-www-form-urlencoded", slice_is_none(call->key) ? NULL : key.data, NULL };
    struct outside_request rq = { .method = call->method, .url = url.data, .headers = headers, .body = call->form };
    return outside_call_within(w, config.timeout_us, &rq, reply);
}

static SUSPENDS enum provider_outcome call(struct work *w, struct call call, struct answer *answer)
{
    struct outside_reply reply = { 0 };
    *answer = (struct answer){ 0 };
    if (send(w, &call, &reply) != RESULT_OK) {
        log_outcome(w, &call, reply.sent ? "stripe did not answer" : "stripe cannot be reached", 0, answer);
        answer->unsent = !reply.sent;
        return reply.sent ? PROVIDER_UNKNOWN : PROVIDER_RETRYABLE;
    }
    answer->body = json_parse(w->arena, reply.body, NULL, NULL);
    enum provider_outcome outcome = stripe_judge(reply.status, answer->body, &answer->declined);
    if (outcome != PROVIDER_OK)
        log_outcome(w, &call, "stripe refused", reply.status, answer);
    return outcome;
}

static SUSPENDS enum provider_outcome post(struct work *w, const char *name, struct slice path, struct slice form, struct slice key,
                                           struct answer *answer)
{
    return call(w, (struct call){ name, "POST", path, form, key }, answer);
}

static SUSPENDS enum provider_outcome get(struct work *w, const char *name, struct slice path, struct answer *answer)
{
    enum provider_outcome outcome = call(w, (struct call){ name, "GET", path, SLICE_NONE, SLICE_NONE }, answer);
    return outcome == PROVIDER_UNKNOWN ? PROVIDER_RETRYABLE : outcome;   /* reading has no effect */
}

static SUSPENDS enum provider_outcome stripe_customer_create(struct work *w, struct slice customer_id, struct slice email, struct slice *reference)
{
    struct answer answer;
    (void)email;
    enum provider_outcome outcome = post(w, "customer", SLICE("/v1/customers"), stripe_form_customer(w->arena, customer_id),
                                         arena_printf(w->arena, "customer:%.*s", SLICE_FMT(customer_id)), &answer);
    *reference = json_member_text(answer.body, "id");
    return outcome == PROVIDER_OK && slice_is_none(*reference) ? PROVIDER_UNKNOWN : outcome;
}

static SUSPENDS enum provider_outcome charge_intent(struct work *w, const struct charge_request *rq, bool off_session, struct charge *out)
{
    struct answer answer;
    out->unfit = !stripe_amount_exact(rq->amount, rq->currency);
    if (out->unfit)
        return PROVIDER_REFUSED;   /* never another amount */
    struct slice form = stripe_form_charge(w->arena, rq, off_session, config.return_url);
    enum provider_outcome outcome = post(w, "charge", SLICE("/v1/payment_intents"), form,
                                         arena_printf(w->arena, "payment:%.*s", SLICE_FMT(rq->payment_id)), &answer);
    out->unsent = answer.unsent;
    if (answer.declined)
        stripe_read_decline(w->arena, answer.body, out);
    else if (outcome == PROVIDER_OK && !stripe_read_intent(w->arena, answer.body, out))
        return PROVIDER_UNKNOWN;
    out->unfit = outcome == PROVIDER_REFUSED && stripe_amount_refused(answer.body);
    /* To a charge, "no such" is a method that does not exist: as final as a refusal. */
    return outcome == PROVIDER_NOT_FOUND ? PROVIDER_REFUSED : outcome;
}

static SUSPENDS enum provider_outcome stripe_charge(struct work *w, const struct charge_request *rq, struct charge *out)
{
    return charge_intent(w, rq, false, out);
}

static SUSPENDS enum provider_outcome stripe_charge_saved(struct work *w, const struct charge_request *rq, struct charge *out)
{
    return charge_intent(w, rq, true, out);
}

static SUSPENDS enum provider_outcome stripe_payment_get(struct work *w, struct slice reference, struct charge *out)
{
    struct answer answer;
    struct slice path = arena_printf(w->arena, "/v1/payment_intents/%.*s?expand%%5B%%5D=payment_method",
                                     SLICE_FMT(uri_encode(w->arena, reference)));
    enum provider_outcome outcome = get(w, "payment_get", path, &answer);
    return outcome == PROVIDER_OK && !stripe_read_intent(w->arena, answer.body, out) ? PROVIDER_RETRYABLE : outcome;
}

/* By the metadata we gave it. */
static SUSPENDS enum provider_outcome stripe_payment_find(struct work *w, struct slice payment_id, struct charge *out)
{
    struct answer answer;
    struct slice query = arena_printf(w->arena, "metadata['payment_id']:'%.*s'", SLICE_FMT(payment_id));
    struct slice path = arena_printf(w->arena, "/v1/payment_intents/search?query=%.*s", SLICE_FMT(uri_encode(w->arena, query)));
    enum provider_outcome outcome = get(w, "payment_find", path, &answer);
    if (outcome != PROVIDER_OK)
        return outcome == PROVIDER_NOT_FOUND ? PROVIDER_RETRYABLE : outcome;
    const cJSON *data = json_member(answer.body, "data");
    if (!cJSON_IsArray(data))
        return PROVIDER_RETRYABLE;
    if (!data->child)
        return PROVIDER_NOT_FOUND;
    return stripe_read_intent(w->arena, data->child, out) ? PROVIDER_OK : PROVIDER_RETRYABLE;
}

static SUSPENDS enum provider_outcome stripe_payment_cancel(struct work *w, struct slice reference, struct charge *out)
{
    struct answer answer;
    struct slice path = arena_printf(w->arena, "/v1/payment_intents/%.*s/cancel", SLICE_FMT(uri_encode(w->arena, reference)));
    /* Without a key: canceling twice is canceling once, and under a key the provider would tell a failure again and again. */
    enum provider_outcome outcome = post(w, "payment_cancel", path, SLICE("cancellation_reason=abandoned"), SLICE_NONE, &answer);
    if (outcome == PROVIDER_OK && stripe_read_intent(w->arena, answer.body, out))
        return PROVIDER_OK;
    return stripe_payment_get(w, reference, out);   /* it cannot be canceled any more, or not now: what has become of it? */
}

static SUSPENDS enum provider_outcome stripe_setup(struct work *w, const struct setup_request *rq, struct setup *out)
{
    struct answer answer;
    enum provider_outcome outcome = post(w, "setup", SLICE("/v1/setup_intents"), stripe_form_setup(w->arena, rq, config.return_url),
                                         arena_printf(w->arena, "setup:%.*s", SLICE_FMT(rq->method_id)), &answer);
    if (answer.declined) {
        struct charge charge;
        stripe_read_decline(w->arena, answer.body, &charge);
        *out = (struct setup){ .state = CHARGE_FAILED, .failure_code = charge.failure_code };
        return PROVIDER_OK;
    }
    if (outcome == PROVIDER_OK && !stripe_read_setup(answer.body, out))
        return PROVIDER_UNKNOWN;
    return outcome == PROVIDER_NOT_FOUND ? PROVIDER_REFUSED : outcome;
}

static SUSPENDS enum provider_outcome stripe_method_get(struct work *w, struct slice token, struct method *out)
{
    struct answer answer;
    struct slice path = arena_printf(w->arena, "/v1/payment_methods/%.*s", SLICE_FMT(uri_encode(w->arena, token)));
    enum provider_outcome outcome = get(w, "method_get", path, &answer);
    return outcome == PROVIDER_OK && !stripe_read_method(answer.body, out) ? PROVIDER_RETRYABLE : outcome;
}

static SUSPENDS enum provider_outcome stripe_method_detach(struct work *w, struct slice token)
{
    struct answer answer;
    const struct slice name = uri_encode(w->arena, token);
    return post(w, "method_detach", arena_printf(w->arena, "/v1/payment_methods/%.*s/detach", SLICE_FMT(name)), SLICE(""), SLICE_NONE, &answer);
}

static SUSPENDS enum provider_outcome stripe_refund(struct work *w, const struct refund_request *rq, struct refund *out)
{
    struct answer answer;
    if (!stripe_amount_exact(rq->amount, rq->currency))
        return PROVIDER_REFUSED;
    struct slice key = rq->attempt > 1 ? arena_printf(w->arena, "refund:%.*s:%lld", SLICE_FMT(rq->refund_id), (long long)rq->attempt)
                                       : arena_printf(w->arena, "refund:%.*s", SLICE_FMT(rq->refund_id));
    enum provider_outcome outcome = post(w, "refund", SLICE("/v1/refunds"), stripe_form_refund(w->arena, rq), key, &answer);
    return outcome == PROVIDER_OK && !stripe_read_refund(w->arena, answer.body, out) ? PROVIDER_UNKNOWN : outcome;
}

/* A hundred of them at most (ten by default): no payment has more. */
static SUSPENDS enum provider_outcome stripe_refunds_of(struct work *w, struct slice payment_reference, struct refund **out, size_t *count)
{
    struct answer answer;
    struct slice path = arena_printf(w->arena, "/v1/refunds?limit=100&payment_intent=%.*s", SLICE_FMT(uri_encode(w->arena, payment_reference)));
    enum provider_outcome outcome = get(w, "refunds_of", path, &answer);
    if (outcome != PROVIDER_OK)
        return outcome;
    const cJSON *data = json_member(answer.body, "data");
    if (!cJSON_IsArray(data))
        return PROVIDER_RETRYABLE;
    *out = arena_alloc(w->arena, ((size_t)cJSON_GetArraySize(data) + 1) * sizeof **out);
    *count = 0;
    for (const cJSON *each = data->child; each; each = each->next)
        *count += stripe_read_refund(w->arena, each, *out + *count);
    return PROVIDER_OK;
}

static SUSPENDS enum provider_outcome stripe_dispute_answer(struct work *w, struct slice dispute_id, struct slice version, struct slice reference,
                                                            struct slice evidence)
{
    struct answer answer;
    struct slice path = arena_printf(w->arena, "/v1/disputes/%.*s", SLICE_FMT(uri_encode(w->arena, reference)));
    return post(w, "dispute_answer", path, stripe_form_evidence(w->arena, evidence),
                arena_printf(w->arena, "evidence:%.*s:%.*s", SLICE_FMT(dispute_id), SLICE_FMT(version)), &answer);
}

static SUSPENDS enum provider_outcome stripe_events(struct work *w, struct slice since_s, struct slice after, struct slice *out, bool *more)
{
    struct answer answer;
    struct slice behind = slice_is_none(after) ? SLICE("") : arena_printf(w->arena, "&starting_after=%.*s", SLICE_FMT(uri_encode(w->arena, after)));
    struct slice path = arena_printf(w->arena, "/v1/events?limit=100&created%%5Bgte%%5D=%.*s%.*s", SLICE_FMT(uri_encode(w->arena, since_s)),
                                     SLICE_FMT(behind));
    enum provider_outcome outcome = get(w, "events", path, &answer);
    const cJSON *data = json_member(answer.body, "data");
    if (outcome != PROVIDER_OK || !cJSON_IsArray(data))
        return PROVIDER_RETRYABLE;
    *out = json_print(w->arena, data);
    *more = cJSON_IsTrue(json_member(answer.body, "has_more"));
    return PROVIDER_OK;
}

static enum webhook_verdict stripe_webhook_verify(const struct request *rq, struct slice body, int64_t now_s, struct slice *signature)
{
    *signature = request_header(rq, "stripe-signature");
    if (slice_is_none(*signature))
        return WEBHOOK_BAD_SIGNATURE;
    switch (stripe_signature_verify(*signature, body, config.webhook_secrets, config.webhook_secret_count, now_s, SIGNATURE_TOLERANCE_S)) {
    case SIGNATURE_OK:
        return WEBHOOK_OK;
    case SIGNATURE_STALE:
        return WEBHOOK_STALE;
    case SIGNATURE_MALFORMED:
    case SIGNATURE_MISMATCH:
        break;
    }
    return WEBHOOK_BAD_SIGNATURE;
}

static bool stripe_webhook_authentic(struct slice signature, struct slice body)
{
    enum signature_verdict verdict = stripe_signature_verify(signature, body, config.webhook_secrets, config.webhook_secret_count, 0, 0);
    return verdict == SIGNATURE_OK || verdict == SIGNATURE_STALE;
}

static bool stripe_webhook_parse(struct work *w, struct slice body, struct provider_event *out)
{
    const cJSON *event = json_parse(w->arena, body, NULL, NULL);
    return event && stripe_read_event(w->arena, event, out);
}

const struct provider stripe_provider = {
    .name = "stripe",
    .autopay_limit = "STRIPE_AUTOPAY_PER_SECOND",
    .configure = stripe_configure,
    .customer_create = stripe_customer_create,
    .charge = stripe_charge,
    .charge_saved = stripe_charge_saved,
    .payment_get = stripe_payment_get,
    .payment_find = stripe_payment_find,
    .events = stripe_events,
    .payment_cancel = stripe_payment_cancel,
    .setup = stripe_setup,
    .method_get = stripe_method_get,
    .method_detach = stripe_method_detach,
    .refund = stripe_refund,
    .refunds_of = stripe_refunds_of,
    .dispute_answer = stripe_dispute_answer,
    .webhook_verify = stripe_webhook_verify,
    .webhook_authentic = stripe_webhook_authentic,
    .webhook_parse = stripe_webhook_parse,
};
