/* Fuzz target of billing's reading of the payment providers, Stripe's dialect and Mercado Pago's: any bytes as a webhook's body and as the answer to a call (its status first). Whoever can send
 * webhooks has a secret, but answers and events are still strangers' JSON: what is read must be text inside limits, an event of money must name what it
 * pays, and no answer may be taken for a success that is not one. Also what a client sends as a token. */
#include "fuzz.h"

#include "billing/mercadopago_wire.h"
#include "billing/stripe_wire.h"
#include "billing/token.h"
#include "base/money.h"
#include "base/utf8.h"
#include "wire/json.h"

static void check_text(struct slice text)
{
    CHECK(slice_is_none(text) || (utf8_valid(text) && !memchr(text.data, '\0', text.size)));
}

static void check_charge(const struct charge *charge)
{
    check_text(charge->reference);
    check_text(charge->failure_code);
    check_text(charge->action_url);
    CHECK(charge->method.last4.size <= 4);
    CHECK(charge->state != CHARGE_SUCCEEDED || charge->received > 0);
    CHECK(charge->state != CHARGE_FAILED || (charge->failure_code.size && charge->decline_kind.size));
    CHECK(charge->state != CHARGE_REQUIRES_ACTION || charge->action_type.size);
}

static void fuzz_event(struct arena *arena, const cJSON *value)
{
    struct provider_event event, twin;
    if (!stripe_read_event(arena, value, &event))
        return;
    CHECK(event.id.size <= 255 && event.type.size <= 255 && !slice_is_none(event.id) && !slice_is_none(event.type));
    check_text(event.id);
    if (event.kind == EVENT_PAYMENT) {
        check_charge(&event.charge);
        CHECK(!slice_is_none(event.charge.reference));
    }
    CHECK(event.kind != EVENT_REFUND || !slice_is_none(event.refund.reference));
    CHECK(event.kind != EVENT_SETUP || !slice_is_none(event.setup.reference));
    CHECK(event.kind != EVENT_METHOD || (!slice_is_none(event.method.token) && event.method.last4.size <= 4));
    /* What one API version sends more of is left alone: the document printed anew is the same event. */
    CHECK(stripe_read_event(arena, json_parse(arena, json_print(arena, value), NULL, NULL), &twin));
    CHECK(twin.kind == event.kind && slice_equals(twin.id, event.id) && twin.charge.received == event.charge.received);
}

static void fuzz_answer(struct arena *arena, long status, const cJSON *body)
{
    bool declined;
    enum provider_outcome outcome = stripe_judge(status, body, &declined);
    struct charge charge = { 0 };
    CHECK(outcome != PROVIDER_OK || declined || (status >= 200 && status < 300 && body));
    CHECK(!declined || status == 402);
    /* "It did nothing" is only believed of what says so: a body that is no JSON under a 2xx is not known. */
    CHECK(body || status < 200 || status >= 300 || outcome == PROVIDER_UNKNOWN);
    if (!declined)
        return;
    stripe_read_decline(arena, body, &charge);
    CHECK(charge.state == CHARGE_FAILED);
    check_charge(&charge);
}

/* Its amounts are decimals: what is read is written back as the same amount. */
static void fuzz_mercadopago(struct arena *arena, long status, struct slice text, const cJSON *value)
{
    struct charge charge;
    struct refund refund;
    struct dispute dispute;
    struct provider_event event;
    struct slice amount;
    int64_t back;
    CHECK(mercadopago_judge(status, value) != PROVIDER_OK || (value && status >= 200 && status < 300));
    if (!value)
        return;
    if (mercadopago_read_payment(arena, text, &charge)) {
        check_charge(&charge);
        CHECK(!slice_is_none(charge.reference) && charge.received > 0);
        if (mercadopago_amount_out(arena, charge.received, charge.currency, &amount))
            CHECK(mercadopago_amount_in(amount, charge.currency, &back) && back == charge.received);
    }
    CHECK(!mercadopago_read_refund(arena, text, SLICE("BRL"), &refund) || (refund.amount > 0 && !slice_is_none(refund.reference)));
    CHECK(!mercadopago_read_chargeback(arena, text, &dispute) || (dispute.amount > 0 && !slice_is_none(dispute.status)));
    CHECK(!mercadopago_read_notification(arena, value, &event) || (event.id.size <= 255 && event.type.size <= 255 && !slice_is_none(event.reference)));
}

static void fuzz_token(struct arena *arena, struct slice text)
{
    struct work work = { .arena = arena };
    bool ok = token_check(&work, text, "/token");
    CHECK(ok == !work_failed(&work));
    CHECK(!ok || !token_is_card_number(text));
    for (size_t i = 0; i < work.failure.field_count; i++)   /* a card number is told to nobody, not even back */
        CHECK(text.size < 12 || !memmem(work.failure.fields[i].detail.data, work.failure.fields[i].detail.size, text.data, text.size));
}

static void fuzz_amounts(int64_t amount)
{
    static const char *const codes[] = { "COP", "ISK", "ugx", "MGA", "JPY" };
    if (amount > MONEY_MAX)
        return;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct slice code = slice_from_text(codes[i]);
        if (stripe_amount_exact(amount, code))
            CHECK(stripe_amount_in(stripe_amount_out(amount, code), code) == amount);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct fuzz_bytes in = { data, data + size };
    long status = (long)(fuzz_take(&in, 2) % 700);
    struct slice text = slice_of((const char *)in.at, (size_t)(in.end - in.at));
    const cJSON *value = json_parse(arena, text, NULL, NULL);
    fuzz_answer(arena, status, value);
    fuzz_mercadopago(arena, status, text, value);
    if (value)
        fuzz_event(arena, value);
    fuzz_token(arena, text);
    fuzz_amounts((int64_t)(fuzz_take(&in, 7)));
    arena_free(arena);
    return 0;
}
