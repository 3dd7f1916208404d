/* The edge of the sandbox: the secret key (Basic or Bearer, as Stripe takes both), routing by the usual dispatch, and our problems turned into
 * Stripe's error objects, so that Stripe's own clients understand them. */
#include "gen/problems.h"
#include "gen/sandbox/sql.h"
#include "mercadopago.h"
#include "sandbox.h"
#include "service/config.h"
#include "service/service.h"
#include "wire/base64.h"
#include "wire/sha256.h"
#include "wire/uri.h"

#define SECRET_MIN 8

static struct slice secret_key, webhook_secret;
static const char *webhook_url, *public_url;

void sandbox_configure(void)
{
    secret_key = config_secret("SANDBOX_SECRET_KEY", SECRET_MIN);
    webhook_secret = config_secret("SANDBOX_WEBHOOK_SECRET", SECRET_MIN);
    webhook_url = config_text("SANDBOX_WEBHOOK_URL");
    mercadopago_configure();
    public_url = config_text_or("SANDBOX_PUBLIC_URL", "http://localhost:12111");
}

struct slice sandbox_webhook_secret(void)
{
    return webhook_secret;
}

const char *sandbox_webhook_url(void)
{
    return webhook_url;
}

const char *sandbox_public_url(void)
{
    return public_url;
}

static void put_text_if(struct json_writer *out, const char *name, const char *text)
{
    if (text)
        json_put_text(out, name, slice_from_text(text));
}

struct slice error_json(struct arena *arena, const char *type, const char *code, const char *decline_code, const char *message,
                        const char *parameter, struct slice intent_name, struct slice intent, struct slice method)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_begin(&out, "error", '{');
    put_text_if(&out, "type", type);
    put_text_if(&out, "code", code);
    put_text_if(&out, "decline_code", decline_code);
    put_text_if(&out, "message", message);
    put_text_if(&out, "param", parameter);
    if (!slice_is_none(intent))
        json_put_raw(&out, arena_copy(arena, intent_name).data, intent);
    if (!slice_is_none(method))
        json_put_raw(&out, "payment_method", method);
    json_end(&out, '}');
    json_end(&out, '}');
    return json_done(&out);
}

struct reply error_reply(struct request *rq, int status, const char *type, const char *code, const char *message, const char *parameter)
{
    return reply_json(rq, status,
                      error_json(rq->work.arena, type, code, NULL, message, parameter, SLICE_NONE, SLICE_NONE, SLICE_NONE));
}

struct reply error_missing(struct request *rq, const char *what, struct slice id)
{
    if (work_failed(&rq->work))
        return reply_problem(rq);
    struct slice message = arena_printf(rq->work.arena, "No such %s: '%.*s'", what, SLICE_FMT(id));
    return error_reply(rq, 404, "invalid_request_error", "resource_missing", message.data, what);
}

static bool key_matches(struct request *rq)
{
    struct slice credentials, decoded, rest;
    struct slice scheme = slice_cut(request_header(rq, "authorization"), ' ', &credentials);
    if (is_mercadopago(rq))
        return slice_equals_nocase(scheme, SLICE("Bearer")) && mercadopago_key().size && bytes_equal_secret(credentials, mercadopago_key());
    if (slice_equals_nocase(scheme, SLICE("Bearer")))
        return bytes_equal_secret(credentials, secret_key);
    return slice_equals_nocase(scheme, SLICE("Basic")) && base64_decode(rq->work.arena, credentials, &decoded) &&
           bytes_equal_secret(slice_cut(decoded, ':', &rest), secret_key);
}

/* Paths of Stripe's API and our own controls need the key; the page a customer authenticates on does not. */
static bool needs_key(struct slice path)
{
    return slice_starts_with(path, SLICE("/v1/")) || slice_starts_with(path, SLICE("/mercadopago/")) || slice_equals_text(path, "/_sim/plan") || slice_equals_text(path, "/_sim/disputes") ||
           slice_equals_text(path, "/_sim/ledger");
}

static struct reply as_stripe_error(struct request *rq, struct reply reply)
{
    const struct failure *failure = &rq->work.failure;
    const struct problem *problem = failure->problem;
    const char *type = "api_error";
    int status = reply.status;
    if (problem == &PROBLEM_idempotency_key_reused) {
        type = "idempotency_error";
        status = 400;
    } else if (problem == &PROBLEM_rate_limited) {
        type = "rate_limit_error";
    } else if (status < 500) {
        type = "invalid_request_error";
    }
    struct slice detail = slice_is_none(failure->detail) ? slice_from_text(problem->title) : failure->detail;
    struct reply error = error_reply(rq, status, type, problem->code, arena_copy(rq->work.arena, detail).data, NULL);
    error.headers = reply.headers;
    return error;
}

struct reply sandbox_dispatch(struct request *rq)
{
    if (needs_key(rq->path) && !key_matches(rq) && is_mercadopago(rq))
        return mercadopago_error(rq, 401, "unauthorized", 0, "invalid access token");
    if (needs_key(rq->path) && !key_matches(rq))
        return error_reply(rq, 401, "invalid_request_error", NULL, "Invalid API Key provided.", NULL);
    if (is_mercadopago(rq))
        return mercadopago_dispatch(rq);
    struct reply reply = dispatch_route(rq);
    if (slice_starts_with(rq->path, SLICE("/v1/"))) {
        if (reply.status != 0 && work_failed(&rq->work))
            return as_stripe_error(rq, reply);
        reply.content_type = NULL;   /* a replayed refusal is Stripe's JSON, not a problem document */
    }
    return reply;
}

bool form_body(struct request *rq, struct form *form, struct reply *reply)
{
    if (form_read(rq->work.arena, rq->body, form))
        return true;
    *reply = error_reply(rq, 400, "invalid_request_error", NULL, "The body is not a form.", NULL);
    return false;
}

bool form_flag(const struct form *form, const char *key)
{
    return slice_equals_text(form_find(form, key), "true");
}

bool form_expands_method(const struct form *form)
{
    for (size_t i = 0; i < form->count; i++)
        if (slice_starts_with(form->fields[i].key, SLICE("expand")) && slice_equals_text(form->fields[i].value, "payment_method"))
            return true;
    return false;
}

struct slice expanded_method(struct request *rq, const struct form *form, struct slice id)
{
    struct method method;
    struct form query;
    const struct form *source = form;
    if (!source) {
        if (!form_read(rq->work.arena, rq->query, &query))
            return SLICE_NONE;
        source = &query;
    }
    if (slice_is_none(id) || !form_expands_method(source) || !method_load(&rq->work, id, &method))
        return SLICE_NONE;
    return method_json(rq->work.arena, &method);
}
