/* Mercado Pago's objects, read from their stored documents and written to them, and the test cards: its test cardholders' names as tokens. */
#include "base/money.h"
#include "gen/sandbox/sql.h"
#include "mercadopago.h"
#include "wire/json.h"

static const struct card cards[] = {
    { "mp_apro", "master", "6351", CARD_PAYS, "accredited", NULL, NULL, NULL },
    { "mp_apro_visa", "visa", "3704", CARD_PAYS, "accredited", NULL, NULL, NULL },
    { "mp_fund", "visa", "0101", CARD_DECLINES, "cc_rejected_insufficient_amount", NULL, NULL, NULL },
    { "mp_call", "visa", "0102", CARD_DECLINES, "cc_rejected_call_for_authorize", NULL, NULL, NULL },
    { "mp_secu", "visa", "0103", CARD_DECLINES, "cc_rejected_bad_filled_security_code", NULL, NULL, NULL },
    { "mp_expi", "visa", "0104", CARD_DECLINES, "cc_rejected_bad_filled_date", NULL, NULL, NULL },
    { "mp_form", "visa", "0105", CARD_DECLINES, "cc_rejected_bad_filled_other", NULL, NULL, NULL },
    { "mp_othe", "visa", "0106", CARD_DECLINES, "cc_rejected_other_reason", NULL, NULL, NULL },
    { "mp_dupl", "visa", "0107", CARD_DECLINES, "cc_rejected_duplicated_payment", NULL, NULL, NULL },
    { "mp_risk", "visa", "0108", CARD_DECLINES, "cc_rejected_high_risk", NULL, NULL, NULL },
    { "mp_lock", "visa", "0109", CARD_DECLINES, "cc_rejected_card_disabled", NULL, NULL, NULL },
    { "mp_cont", "visa", "0110", CARD_AUTHENTICATES, "pending_contingency", NULL, NULL, NULL },   /* in process, until it is canceled */
};

const struct card *mercadopago_card_find(struct slice token)
{
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        if (slice_equals_text(token, cards[i].token))
            return &cards[i];
    return NULL;
}

struct slice mercadopago_amount(struct arena *arena, int64_t amount)
{
    const struct currency *of = currency_find(mercadopago_account_currency());
    if (!of || of->exponent == 0)
        return arena_printf(arena, "%lld", (long long)amount);
    /* As its JSON has it: no zeros at the end. */
    struct slice text = arena_printf(arena, "%lld.%02lld", (long long)(amount / 100), (long long)(amount % 100));
    while (text.data[text.size - 1] == '0')
        text.size--;
    return text.data[text.size - 1] == '.' ? slice_of(text.data, text.size - 1) : text;
}

bool mercadopago_amount_read(struct slice text, int64_t *out)
{
    const struct currency *of = currency_find(mercadopago_account_currency());
    return of && !slice_is_none(text) && money_parse_major(text, of, out) && *out > 0;
}

static void put_card(struct json_writer *out, const char *name, struct slice id, struct slice customer, const struct card *card)
{
    json_begin(out, name, '{');
    json_put_text(out, "id", id);
    json_put_text(out, "customer_id", customer);
    json_put_text(out, "last_four_digits", slice_from_text(card->last4));
    json_put_int(out, "expiration_month", 11);
    json_put_int(out, "expiration_year", 2035);
    json_begin(out, "payment_method", '{');
    json_put_text(out, "id", slice_from_text(card->brand));
    json_end(out, '}');
    json_put_text(out, "sandbox_token", slice_from_text(card->token));
    json_end(out, '}');
}

struct slice mercadopago_card_json(struct arena *arena, struct slice id, struct slice customer, const struct card *card)
{
    struct json_writer out = json_to_arena(arena);
    put_card(&out, NULL, id, customer, card);
    return json_done(&out);
}

struct slice mercadopago_payment_json(struct arena *arena, const struct mp_payment *payment)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_raw(&out, "id", payment->id);
    json_put_text(&out, "date_created", payment->created);
    json_put_text(&out, "date_last_updated", mercadopago_now(arena));
    json_put_text(&out, "payment_method_id", slice_from_text(payment->card->brand));
    json_put_text(&out, "payment_type_id", SLICE("credit_card"));
    json_put_text(&out, "status", payment->status);
    json_put_text(&out, "status_detail", payment->status_detail);
    json_put_text(&out, "currency_id", mercadopago_account_currency());
    json_put_raw(&out, "transaction_amount", mercadopago_amount(arena, payment->amount));
    json_put_raw(&out, "transaction_amount_refunded", mercadopago_amount(arena, payment->refunded));
    json_put_int(&out, "installments", 1);
    json_put_text(&out, "external_reference", payment->external_reference);
    json_put_raw(&out, "metadata", payment->metadata);
    json_begin(&out, "payer", '{');
    json_put_text(&out, "id", payment->payer_id);
    json_put_text(&out, "email", payment->payer_email);
    json_end(&out, '}');
    put_card(&out, "card", payment->card_id, payment->payer_id, payment->card);
    json_put_bool(&out, "live_mode", false);
    json_end(&out, '}');
    return json_done(&out);
}

bool mercadopago_payment_load(struct work *w, struct slice id, struct mp_payment *out)
{
    const struct row *row = db_maybe(w, SQL(object_get, .id = id, .kind = SLICE("mp_payment")));
    if (!row)
        return false;
    struct slice text = row_text(row, "body"), back;
    const cJSON *body = json_parse(w->arena, text, NULL, NULL), *payer = json_member(body, "payer"), *card = json_member(body, "card");
    *out = (struct mp_payment){
        .id = id,
        .status = json_member_text(body, "status"),
        .status_detail = json_member_text(body, "status_detail"),
        .external_reference = json_member_text(body, "external_reference"),
        .payer_id = json_member_text(payer, "id"),
        .payer_email = json_member_text(payer, "email"),
        .card_id = json_member_text(card, "id"),
        .created = json_member_text(body, "date_created"),
        .metadata = json_print(w->arena, json_member(body, "metadata")),
        .card = mercadopago_card_find(json_member_text(card, "sandbox_token")),
        .version = row_int(row, "version"),
    };
    back = json_walk_member(text, "transaction_amount_refunded");
    (void)!mercadopago_amount_read(back, &out->refunded);
    return mercadopago_amount_read(json_walk_member(text, "transaction_amount"), &out->amount);
}

const struct card *mercadopago_token_card(struct work *w, struct slice token, struct slice *card_id)
{
    const struct card *card = mercadopago_card_find(token);
    *card_id = SLICE_NONE;
    const struct row *row = card ? NULL : db_maybe(w, SQL(object_get, .id = token, .kind = SLICE("mp_token")));
    if (!row)
        return card;
    const cJSON *body = json_parse(w->arena, row_text(row, "body"), NULL, NULL);
    *card_id = json_member_text(body, "card_id");
    return mercadopago_card_find(json_member_text(body, "sandbox_token"));
}
