/* Calls to Mercado Pago, and its signatures: its addresses, headers and secrets, which stay in this file and are never logged. Suspends in outside_call; what is
 * about webhooks does not. */
#include "billing/mercadopago_call.h"

#include "base/log.h"
#include "billing/mercadopago_wire.h"
#include "http/outside.h"
#include "service/config.h"
#include "wire/json.h"
#include "wire/signature.h"
#include "wire/uri.h"

#include <stdio.h>

#define WEBHOOK_SECRETS_MAX 4
#define SECRET_BYTES_MIN 8

static struct {
    const char *base, *authorization;
    struct slice currency;
    int64_t timeout_us;
    struct slice webhook_secrets[WEBHOOK_SECRETS_MAX];
    size_t webhook_secret_count;
} config;

bool mercadopago_configure(void)
{
    static char authorization[512];
    if (!config_given("MERCADOPAGO_ACCESS_TOKEN"))
        return false;
    struct slice token = config_secret("MERCADOPAGO_ACCESS_TOKEN", SECRET_BYTES_MIN), rest = config_secret("MERCADOPAGO_WEBHOOK_SECRET", SECRET_BYTES_MIN);
    (void)snprintf(authorization, sizeof authorization, "Authorization: Bearer %.*s", SLICE_FMT(token));
    config.authorization = authorization;
    config.base = config_text_or("MERCADOPAGO_API_BASE", "https://api.mercadopago.com");
    config.currency = slice_from_text(config_text("MERCADOPAGO_CURRENCY"));
    config.timeout_us = config_int_or("PROVIDER_TIMEOUT_MS", 8000, 100, 15000) * 1000;
    config.webhook_secret_count = 0;
    while (!slice_is_none(rest) && config.webhook_secret_count < WEBHOOK_SECRETS_MAX) {
        struct slice secret = slice_trim(slice_cut(rest, ',', &rest));
        if (secret.size > 0)
            config.webhook_secrets[config.webhook_secret_count++] = secret;
    }
    return true;
}

struct slice mercadopago_currency(void)
{
    return config.currency;
}

struct call {
    const char *name;        /* for the log: paths hold references */
    const char *method;
    struct slice path, json, key;
};

static void log_outcome(struct work *w, const struct call *call, const char *what, long status, const struct mercadopago_answer *answer)
{
    const cJSON *causes = json_member(answer->body, "cause"), *cause = cJSON_IsArray(causes) ? causes->child : NULL;
    log_warn(what, LOG_TEXT("call", call->name), LOG_INT("status", status), LOG_SLICE("code", mercadopago_id(w->arena, cause, "code")),
             LOG_SLICE("trace_id", w->trace_id));
}

static SUSPENDS enum result send(struct work *w, const struct call *call, struct outside_reply *reply)
{
    struct slice url = arena_printf(w->arena, "%s%.*s", config.base, SLICE_FMT(call->path));
    struct slice key = arena_printf(w->arena, "X-Idempotency-Key: %.*s", SLICE_FMT(call->key));
    const char *const headers[] = { config.authorization, "Content-Type: application/json", slice_is_none(call->key) ? NULL : key.data, NULL };
    struct outside_request rq = { .method = call->method, .url = url.data, .headers = headers, .body = call->json };
    return outside_call_within(w, config.timeout_us, &rq, reply);
}

static SUSPENDS enum provider_outcome run(struct work *w, struct call call, struct mercadopago_answer *answer)
{
    struct outside_reply reply = { 0 };
    *answer = (struct mercadopago_answer){ .text = SLICE_NONE };
    if (send(w, &call, &reply) != RESULT_OK) {
        log_outcome(w, &call, reply.sent ? "mercadopago did not answer" : "mercadopago cannot be reached", 0, answer);
        answer->unsent = !reply.sent;
        return reply.sent ? PROVIDER_UNKNOWN : PROVIDER_RETRYABLE;
    }
    *answer = (struct mercadopago_answer){ .text = reply.body, .body = json_parse(w->arena, reply.body, NULL, NULL) };
    enum provider_outcome outcome = mercadopago_judge(reply.status, answer->body);
    if (outcome != PROVIDER_OK)
        log_outcome(w, &call, "mercadopago refused", reply.status, answer);
    return outcome;
}

enum provider_outcome mercadopago_send(struct work *w, const char *name, const char *method, struct slice path, struct slice json, struct slice key,
                                       struct mercadopago_answer *answer)
{
    return run(w, (struct call){ name, method, path, json, key }, answer);
}

enum provider_outcome mercadopago_read(struct work *w, const char *name, struct slice path, struct mercadopago_answer *answer)
{
    enum provider_outcome outcome = run(w, (struct call){ name, "GET", path, SLICE_NONE, SLICE_NONE }, answer);
    return outcome == PROVIDER_UNKNOWN ? PROVIDER_RETRYABLE : outcome;   /* reading has no effect */
}

static enum signature_verdict judge_signature(struct slice header, struct slice id, struct slice request_id, int64_t now_s, int64_t tolerance_s)
{
    return mercadopago_signature_verify(header, id, request_id, config.webhook_secrets, config.webhook_secret_count, now_s, tolerance_s);
}

static bool names_the_same(struct work *w, struct slice body, struct slice id)
{
    struct slice named = mercadopago_id(w->arena, json_member(json_parse(w->arena, body, NULL, NULL), "data"), "id");
    return !slice_is_none(named) && slice_equals_nocase(named, id);
}

/* The query's id is what is signed, not the body: the two must name the same. Kept as evidence: id, request id and signature, a line each. */
enum webhook_verdict mercadopago_webhook_verify(const struct request *rq, struct slice body, int64_t now_s, struct slice *signature)
{
    struct work w = { .arena = rq->work.arena };
    struct slice header = request_header(rq, "x-signature"), request_id = request_header(rq, "x-request-id");
    struct slice id = uri_query_find(w.arena, rq->query, "data.id");
    if (slice_is_none(header) || slice_is_none(id))
        return WEBHOOK_BAD_SIGNATURE;
    enum signature_verdict verdict = judge_signature(header, id, request_id, now_s, SIGNATURE_TOLERANCE_S);
    *signature = arena_printf(w.arena, "%.*s\n%.*s\n%.*s", SLICE_FMT(id), SLICE_FMT(request_id), SLICE_FMT(header));
    if ((verdict != SIGNATURE_OK && verdict != SIGNATURE_STALE) || !names_the_same(&w, body, id))
        return WEBHOOK_BAD_SIGNATURE;
    return verdict == SIGNATURE_OK ? WEBHOOK_OK : WEBHOOK_STALE;
}

bool mercadopago_webhook_authentic(struct slice signature, struct slice body)
{
    struct work w = { .arena = arena_new() };
    struct slice request_id, header;
    struct slice id = slice_cut(signature, '\n', &request_id);
    request_id = slice_cut(request_id, '\n', &header);
    enum signature_verdict verdict = judge_signature(header, id, request_id.size ? request_id : SLICE_NONE, 0, 0);
    bool authentic = (verdict == SIGNATURE_OK || verdict == SIGNATURE_STALE) && names_the_same(&w, body, id);
    arena_free(w.arena);
    return authentic;
}
