/* Mercado Pago's JSON, to and from billing's structs. Reads only members it knows. Strings are views of the parsed tree or of the raw text, which live
 * in the arena. Nothing suspends. */
#include "billing/mercadopago_wire.h"

#include "base/money.h"
#include "billing/decline.h"
#include "wire/json.h"
#include "wire/json_write.h"

#define ID_MAX 255

/* Decimals that it knows of a currency; what is ours and not there must be zeros. */
static int decimals(const struct currency *currency)
{
    return strcmp(currency->code, "COP") == 0 ? 0 : currency->exponent;
}

bool mercadopago_amount_out(struct arena *arena, int64_t amount, struct slice code, struct slice *out)
{
    const struct currency *currency = currency_find(code);
    if (!currency || amount <= 0)
        return false;
    const int shown = decimals(currency);
    for (int i = shown; i < currency->exponent; i++, amount /= 10)
        if (amount % 10 != 0)
            return false;
    int64_t unit = 1;
    for (int i = 0; i < shown; i++)
        unit *= 10;
    *out = shown ? arena_printf(arena, "%lld.%0*lld", (long long)(amount / unit), shown, (long long)(amount % unit)) : arena_printf(arena, "%lld", (long long)amount);
    return true;
}

bool mercadopago_amount_in(struct slice text, struct slice code, int64_t *out)
{
    const struct currency *currency = currency_find(code);
    return currency && !slice_is_none(text) && money_parse_major(text, currency, out);
}

struct slice mercadopago_saved_token(struct arena *arena, struct slice customer, struct slice card)
{
    return arena_printf(arena, "%.*s.%.*s", SLICE_FMT(customer), SLICE_FMT(card));
}

bool mercadopago_saved_split(struct slice token, struct slice *customer, struct slice *card)
{
    *customer = slice_cut(token, '.', card);
    return customer->size > 0 && card->size > 0;
}

struct slice mercadopago_id(struct arena *arena, const cJSON *object, const char *name)
{
    const cJSON *value = json_member(object, name);
    struct slice text = cJSON_IsNumber(value) ? json_print(arena, value) : json_text(value);
    return text.size > 0 && text.size <= ID_MAX ? text : SLICE_NONE;
}

static void put_payer(struct json_writer *out, const struct charge_request *rq, struct slice payer)
{
    json_begin(out, "payer", '{');
    if (!slice_is_none(payer)) {
        json_put_text(out, "type", SLICE("customer"));
        json_put_text(out, "id", payer);
    }
    if (!slice_is_none(rq->email))
        json_put_text(out, "email", rq->email);
    json_end(out, '}');
}

struct slice mercadopago_payment(struct arena *arena, const struct charge_request *rq, struct slice card_token, struct slice payer)
{
    struct slice amount;
    struct json_writer out = json_to_arena(arena);
    if (!mercadopago_amount_out(arena, rq->amount, rq->currency, &amount))
        return SLICE_NONE;
    json_begin(&out, NULL, '{');
    json_put_raw(&out, "transaction_amount", amount);
    json_put_text(&out, "token", card_token);
    json_put_int(&out, "installments", 1);   /* ours are charged one by one */
    json_put_text(&out, "external_reference", rq->payment_id);
    put_payer(&out, rq, payer);
    json_begin(&out, "metadata", '{');
    json_put_text(&out, "payment_id", rq->payment_id);
    json_put_text(&out, "order_id", rq->order_id);
    json_end(&out, '}');
    json_end(&out, '}');
    return json_done(&out);
}

/* Whatever became of the money later, it was taken by what is refunded, disputed or charged back. Anything else, or new, is not decided yet. */
static enum charge_state read_state(struct slice status)
{
    static const struct { const char *status; enum charge_state state; } states[] = {
        { "approved", CHARGE_SUCCEEDED }, { "refunded", CHARGE_SUCCEEDED }, { "charged_back", CHARGE_SUCCEEDED }, { "in_mediation", CHARGE_SUCCEEDED },
        { "rejected", CHARGE_FAILED },    { "cancelled", CHARGE_CANCELED },
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (slice_equals_text(status, states[i].status))
            return states[i].state;
    return CHARGE_PENDING;
}

static void read_expiry(const cJSON *card, struct method *out)
{
    out->last4 = json_member_text(card, "last_four_digits");
    out->exp_month = json_member_int64(card, "expiration_month", 0);
    out->exp_year = json_member_int64(card, "expiration_year", 0);
    if (out->last4.size > 4)
        out->last4 = SLICE_NONE;
}

static void read_method(struct arena *arena, const cJSON *payment, struct method *out)
{
    const cJSON *card = json_member(payment, "card");
    struct slice customer = mercadopago_id(arena, json_member(payment, "payer"), "id"), id = mercadopago_id(arena, card, "id");
    *out = (struct method){ .brand = json_member_text(payment, "payment_method_id") };
    read_expiry(card, out);
    if (!slice_is_none(customer) && !slice_is_none(id))
        out->token = mercadopago_saved_token(arena, customer, id);
}

bool mercadopago_read_payment(struct arena *arena, struct slice text, struct charge *out)
{
    const cJSON *payment = json_parse(arena, text, NULL, NULL), *metadata = json_member(payment, "metadata");
    *out = (struct charge){ .reference = mercadopago_id(arena, payment, "id"), .currency = json_member_text(payment, "currency_id") };
    struct slice status = json_member_text(payment, "status");
    if (slice_is_none(out->reference) || slice_is_none(status))
        return false;
    out->payment_id = json_member_text(payment, "external_reference");
    out->order_id = json_member_text(metadata, "order_id");
    out->state = read_state(status);
    read_method(arena, payment, &out->method);
    if (out->state == CHARGE_FAILED) {
        struct decline decline = decline_from_mercadopago(json_member_text(payment, "status_detail"));
        out->failure_code = decline.failure_code;
        out->decline_kind = decline.kind;
    }
    if (!slice_equals_text(status, "charged_back") && !mercadopago_amount_in(json_walk_member(text, "transaction_amount_refunded"), out->currency, &out->refunded))
        out->refunded = 0;
    return mercadopago_amount_in(json_walk_member(text, "transaction_amount"), out->currency, &out->received) && out->received > 0;
}

/* A payment tells how its chargeback stands, not what it is called: it is known by the payment. settled: the money stays with the customer. */
bool mercadopago_read_chargeback(struct arena *arena, struct slice text, struct dispute *out)
{
    const cJSON *payment = json_parse(arena, text, NULL, NULL);
    struct slice detail = json_member_text(payment, "status_detail"), back = json_walk_member(text, "transaction_amount_refunded");
    int64_t amount = 0, refunded = 0;
    *out = (struct dispute){ .reference = mercadopago_id(arena, payment, "id"), .currency = json_member_text(payment, "currency_id"), .reason = SLICE("general") };
    if (!slice_equals_text(json_member_text(payment, "status"), "charged_back") || slice_is_none(out->reference) ||
        !mercadopago_amount_in(json_walk_member(text, "transaction_amount"), out->currency, &amount))
        return false;
    (void)!mercadopago_amount_in(back, out->currency, &refunded);
    out->payment_reference = out->reference;
    out->amount = amount - refunded;
    out->status = slice_equals_text(detail, "settled") ? SLICE("lost") : slice_equals_text(detail, "reimbursed") ? SLICE("won") : SLICE("under_review");
    return out->amount > 0;
}

bool mercadopago_read_refund(struct arena *arena, struct slice text, struct slice currency, struct refund *out)
{
    const cJSON *refund = json_parse(arena, text, NULL, NULL);
    struct slice status = json_member_text(refund, "status");
    bool failed = slice_equals_text(status, "rejected") || slice_equals_text(status, "cancelled");
    *out = (struct refund){
        .reference = mercadopago_id(arena, refund, "id"),
        .payment_reference = mercadopago_id(arena, refund, "payment_id"),
        .attempt = 1,
        .currency = currency,
        .state = failed ? REFUND_FAILED : slice_equals_text(status, "approved") ? REFUND_SUCCEEDED : REFUND_PENDING,
        .failure_code = failed ? status : SLICE_NONE,
    };
    return !slice_is_none(out->reference) && !slice_is_none(status) && mercadopago_amount_in(json_walk_member(text, "amount"), currency, &out->amount) && out->amount > 0;
}

bool mercadopago_read_card(struct arena *arena, const cJSON *card, struct slice customer, struct method *out)
{
    struct slice id = mercadopago_id(arena, card, "id");
    *out = (struct method){ .brand = json_member_text(json_member(card, "payment_method"), "id") };
    read_expiry(card, out);
    if (!slice_is_none(id))
        out->token = mercadopago_saved_token(arena, customer, id);
    return !slice_is_none(id);
}

bool mercadopago_read_notification(struct arena *arena, const cJSON *body, struct provider_event *out)
{
    struct slice type = json_member_text(body, "type"), action = json_member_text(body, "action");
    *out = (struct provider_event){
        .id = mercadopago_id(arena, body, "id"),
        .type = slice_is_none(action) ? type : action,
        .reference = mercadopago_id(arena, json_member(body, "data"), "id"),
    };
    if (slice_is_none(out->id) || slice_is_none(type) || slice_is_none(out->reference) || out->type.size == 0 || out->type.size > ID_MAX)
        return false;
    out->named = slice_equals_text(type, "payment");
    return true;
}

enum provider_outcome mercadopago_judge(long status, const cJSON *body)
{
    if (status >= 200 && status < 300)
        return body ? PROVIDER_OK : PROVIDER_UNKNOWN;
    if (status == 404 && json_member(body, "message"))
        return PROVIDER_NOT_FOUND;
    /* Wrong keys or addresses of ours are not the customer's fault; 409, 423 and 424: a resource or key that is in use. */
    static const long not_now[] = { 401, 403, 404, 408, 409, 423, 424, 429 };
    for (size_t i = 0; i < sizeof not_now / sizeof *not_now; i++)
        if (status == not_now[i])
            return PROVIDER_RETRYABLE;
    return status < 400 || status >= 500 ? PROVIDER_RETRYABLE : PROVIDER_REFUSED;
}

/* 2072 and 4037: the transaction_amount is too little, too much or not the currency's (mercadopago.com/developers, "Create payment"). */
bool mercadopago_amount_refused(struct arena *arena, const cJSON *body)
{
    const cJSON *causes = json_member(body, "cause");
    for (const cJSON *cause = cJSON_IsArray(causes) ? causes->child : NULL; cause; cause = cause->next) {
        struct slice code = mercadopago_id(arena, cause, "code");
        if (slice_equals_text(code, "2072") || slice_equals_text(code, "4037"))
            return true;
    }
    return false;
}
