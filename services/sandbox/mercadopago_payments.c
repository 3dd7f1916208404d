/* Mercado Pago's payments: made and decided at once, read, searched, canceled while in process, charged back on order. */
#include "gen/sandbox/sql.h"
#include "mercadopago.h"
#include "wire/json.h"
#include "wire/uri.h"

#define SEARCH_MAX 50

static void put_payment(struct effect *effect, const struct mp_payment *payment, const char *action, struct slice *body)
{
    *body = mercadopago_payment_json(effect->work->arena, payment);
    effect_put(effect, payment->id, "mp_payment", payment->payer_id, payment->version, *body);
    effect_notification(effect, action, payment->id);
}

/* In the ledger a payment is what an intent is. */
static void capture(struct effect *effect, const struct mp_payment *payment)
{
    struct slice code = mercadopago_account_currency();
    char *small = arena_alloc(effect->work->arena, code.size + 1);
    for (size_t i = 0; i < code.size; i++)
        small[i] = (char)(code.data[i] | 0x20);
    effect_capture(effect, &(struct intent){ .id = payment->id, .latest_charge = object_id(effect->work->arena, "ch"), .amount = payment->amount,
                                             .currency = slice_of(small, code.size), .customer = payment->payer_id, .metadata = payment->metadata });
}

/* Decides it by its card, or by the fault that was ordered. */
static void decide(struct mp_payment *payment, const cJSON *charge)
{
    struct slice forced = json_member_text(charge, "decline_code");
    payment->amount += json_member_int64(charge, "more", 0);
    payment->status = SLICE("approved");
    payment->status_detail = slice_is_none(forced) ? slice_from_text(payment->card->code) : forced;
    if (!slice_is_none(forced) || payment->card->behavior == CARD_DECLINES)
        payment->status = SLICE("rejected");
    else if (payment->card->behavior == CARD_AUTHENTICATES)
        payment->status = SLICE("in_process");
}

static SUSPENDS struct reply make(struct request *rq, struct mp_payment *payment)
{
    struct reply reply, faulty;
    struct slice body;
    const cJSON *fault = fault_take(&rq->work, "charge", payment->payer_id, payment->card);
    if (fault_play(rq, fault, "charge", "before", &reply))
        return reply;
    decide(payment, json_member(fault, "charge"));
    struct effect effect = effect_new(&rq->work);
    effect.fault = json_member(fault, "webhook");
    put_payment(&effect, payment, "payment.created", &body);
    if (slice_equals_text(payment->status, "approved"))
        capture(&effect, payment);
    reply = effect_save(rq, &effect, 201, body);
    return fault_play(rq, fault, "charge", "after", &faulty) ? faulty : reply;
}

SUSPENDS struct reply mercadopago_create_payment(struct request *rq)
{
    struct work *w = &rq->work;
    const cJSON *body = json_parse(w->arena, rq->body, NULL, NULL), *payer = json_member(body, "payer");
    struct mp_payment payment = {
        .id = mercadopago_number(w->arena),
        .external_reference = json_member_text(body, "external_reference"),
        .payer_id = json_member_text(payer, "id"),
        .payer_email = json_member_text(payer, "email"),
        .created = mercadopago_now(w->arena),
        .metadata = cJSON_IsObject(json_member(body, "metadata")) ? json_print(w->arena, json_member(body, "metadata")) : SLICE("{}"),
    };
    if (slice_is_none(rq->work.idempotency.key))
        return mercadopago_error(rq, 400, "bad_request", 4292, "Header X-Idempotency-Key can't be null");
    if (!body || !mercadopago_amount_read(json_walk_member(rq->body, "transaction_amount"), &payment.amount))
        return mercadopago_error(rq, 400, "bad_request", 4037, "Invalid transaction_amount");
    if (json_member_int64(body, "installments", 0) < 1)
        return mercadopago_error(rq, 400, "bad_request", 3028, "Invalid installments");
    if (slice_is_none(payment.payer_email) && slice_is_none(payment.payer_id))
        return mercadopago_error(rq, 400, "bad_request", 4050, "payer.email must be a valid email");
    payment.card = mercadopago_token_card(w, json_member_text(body, "token"), &payment.card_id);
    if (work_failed(w))
        return reply_problem(rq);
    if (!payment.card)
        return mercadopago_error(rq, 400, "bad_request", 2006, "Card Token not found");
    return make(rq, &payment);
}

static struct reply missing(struct request *rq)
{
    return work_failed(&rq->work) ? reply_problem(rq) : mercadopago_error(rq, 404, "not_found", 2000, "Payment not found");
}

SUSPENDS struct reply mercadopago_get_payment(struct request *rq)
{
    const struct row *row = db_maybe(&rq->work, SQL(object_get, .id = rq->path_args[0], .kind = SLICE("mp_payment")));
    return row ? reply_ok(rq, row_text(row, "body")) : missing(rq);
}

SUSPENDS struct reply mercadopago_search_payments(struct request *rq)
{
    struct arena *arena = rq->work.arena;
    struct slice end = uri_query_find(arena, rq->query, "end_date");
    const struct rows *rows = db_all(&rq->work, SQL(mercadopago_search, .external_reference = uri_query_find(arena, rq->query, "external_reference"),
                                                    .begin = uri_query_find(arena, rq->query, "begin_date"), .end = slice_equals_text(end, "NOW") ? SLICE_NONE : end,
                                                    .limit = work_int(&rq->work, SEARCH_MAX)));
    if (!rows)
        return reply_problem(rq);
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_begin(&out, "results", '[');
    for (size_t i = 0; i < rows_count(rows); i++)
        json_put_raw(&out, NULL, row_text(rows_at(rows, i), "body"));
    json_end(&out, ']');
    json_end(&out, '}');
    return reply_ok(rq, json_done(&out));
}

SUSPENDS struct reply mercadopago_update_payment(struct request *rq)
{
    struct mp_payment payment;
    struct slice body, status = json_member_text(json_parse(rq->work.arena, rq->body, NULL, NULL), "status");
    if (!mercadopago_payment_load(&rq->work, rq->path_args[0], &payment))
        return missing(rq);
    if (!slice_equals_text(status, "cancelled") || !slice_equals_text(payment.status, "in_process"))
        return mercadopago_error(rq, 400, "bad_request", 2017, "The status of the payment does not allow it");
    payment.status = SLICE("cancelled");
    payment.status_detail = SLICE("by_collector");
    struct effect effect = effect_new(&rq->work);
    put_payment(&effect, &payment, "payment.updated", &body);
    return effect_save(rq, &effect, 200, body);
}

/* {"payment", "status_detail": in_process, settled or reimbursed}: its customer's bank takes it back, for now, for good, or not after all. */
SUSPENDS struct reply mercadopago_sim_chargeback(struct request *rq)
{
    struct mp_payment payment;
    struct slice body;
    const cJSON *asked = json_parse(rq->work.arena, rq->body, NULL, NULL);
    if (!mercadopago_payment_load(&rq->work, json_member_text(asked, "payment"), &payment))
        return missing(rq);
    payment.status = SLICE("charged_back");
    payment.status_detail = json_member_text(asked, "status_detail");
    struct effect effect = effect_new(&rq->work);
    put_payment(&effect, &payment, "payment.updated", &body);
    return effect_save(rq, &effect, 200, body);
}
