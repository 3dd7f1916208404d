/* The edge of Mercado Pago's dialect: its configuration, its errors, its idempotency header, its numbers and times. */
#include "base/clock.h"
#include "base/date.h"
#include "base/random.h"
#include "gen/problems.h"
#include "mercadopago.h"
#include "service/config.h"
#include "service/service.h"
#include "wire/http1.h"

#define SECRET_MIN 8
#define NUMBER_MIN 10000000000
#define NUMBER_SPAN 80000000000

static struct slice key, webhook_secret, currency;
static const char *webhook_url;

void mercadopago_configure(void)
{
    if (!config_given("SANDBOX_MERCADOPAGO_TOKEN"))
        return;
    key = config_secret("SANDBOX_MERCADOPAGO_TOKEN", SECRET_MIN);
    webhook_secret = config_secret("SANDBOX_MERCADOPAGO_WEBHOOK_SECRET", SECRET_MIN);
    webhook_url = config_text("SANDBOX_MERCADOPAGO_WEBHOOK_URL");
    currency = slice_from_text(config_text("SANDBOX_MERCADOPAGO_CURRENCY"));
}

struct slice mercadopago_key(void)
{
    return key;
}

struct slice mercadopago_webhook_secret(void)
{
    return webhook_secret;
}

const char *mercadopago_webhook_url(void)
{
    return webhook_url;
}

struct slice mercadopago_account_currency(void)
{
    return currency;
}

bool is_mercadopago(const struct request *rq)
{
    return slice_starts_with(rq->path, SLICE("/mercadopago/"));
}

struct reply mercadopago_error(struct request *rq, int status, const char *error, int cause, const char *message)
{
    struct json_writer out = json_to_arena(rq->work.arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "message", slice_from_text(message));
    json_put_text(&out, "error", slice_from_text(error));
    json_put_int(&out, "status", status);
    json_begin(&out, "cause", '[');
    if (cause) {
        json_begin(&out, NULL, '{');
        json_put_int(&out, "code", cause);
        json_put_text(&out, "description", slice_from_text(message));
        json_end(&out, '}');
    }
    json_end(&out, ']');
    json_end(&out, '}');
    return reply_json(rq, status, json_done(&out));
}

/* Their header of the key under our name, by which dispatch knows it. */
static void name_key(struct request *rq)
{
    struct slice given = request_header(rq, "x-idempotency-key");
    if (slice_is_none(given) || rq->head->header_count >= HTTP_HEADERS_MAX)
        return;
    struct http_head *head = ARENA_NEW(rq->work.arena, struct http_head);
    *head = *rq->head;
    head->headers[head->header_count++] = (struct http_header){ SLICE("idempotency-key"), given };
    head->names |= http_name_bit("idempotency-key", strlen("idempotency-key"));
    rq->head = head;
}

struct reply mercadopago_dispatch(struct request *rq)
{
    name_key(rq);
    if (rq->path.data[rq->path.size - 1] == '/')   /* as its own client lists refunds */
        rq->path.size--;
    struct reply reply = dispatch_route(rq);
    if (reply.status != 0 && work_failed(&rq->work)) {
        const struct problem *problem = rq->work.failure.problem;
        int status = problem == &PROBLEM_idempotency_key_reused ? 409 : reply.status;
        return mercadopago_error(rq, status, problem->code, 0, problem->title);
    }
    reply.content_type = NULL;   /* a replayed refusal is their JSON, not a problem document */
    return reply;
}

struct slice mercadopago_number(struct arena *arena)
{
    return arena_printf(arena, "%lld", (long long)(NUMBER_MIN + (int64_t)(random_u64() % NUMBER_SPAN)));
}

struct slice mercadopago_now(struct arena *arena)
{
    char text[28];
    time_format(clock_wall_us(), text);
    return arena_printf(arena, "%.23sZ", text);
}
