/* Mercado Pago's refunds: all of what is left of a payment, or an amount. They carry nothing of who asked for them. */
#include "gen/sandbox/sql.h"
#include "mercadopago.h"
#include "wire/json.h"

static struct slice refund_body(struct arena *arena, struct slice id, struct slice payment_id, int64_t amount, bool fails)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_raw(&out, "id", id);
    json_put_raw(&out, "payment_id", payment_id);
    json_put_raw(&out, "amount", mercadopago_amount(arena, amount));
    json_put_text(&out, "date_created", mercadopago_now(arena));
    json_put_text(&out, "status", fails ? SLICE("rejected") : SLICE("approved"));
    json_end(&out, '}');
    return json_done(&out);
}

static SUSPENDS struct reply make(struct request *rq, struct mp_payment *payment, int64_t amount)
{
    struct reply reply, faulty;
    struct work *w = &rq->work;
    const cJSON *fault = fault_take(w, "refund", payment->payer_id, NULL);
    bool fails = cJSON_IsTrue(json_member(json_member(fault, "refund"), "fail"));
    if (fault_play(rq, fault, "refund", "before", &reply))
        return reply;
    struct slice id = mercadopago_number(w->arena), body = refund_body(w->arena, id, payment->id, amount, fails);
    payment->refunded += fails ? 0 : amount;
    if (payment->refunded == payment->amount)
        payment->status = payment->status_detail = SLICE("refunded");
    else if (!fails)
        payment->status_detail = SLICE("partially_refunded");
    struct effect effect = effect_new(w);
    effect.fault = json_member(fault, "webhook");
    effect_put(&effect, id, "mp_refund", SLICE_NONE, 0, body);
    effect_put(&effect, payment->id, "mp_payment", payment->payer_id, payment->version, mercadopago_payment_json(w->arena, payment));
    effect_refund(&effect, payment->id, fails ? 0 : amount);
    effect_notification(&effect, "payment.updated", payment->id);
    reply = effect_save(rq, &effect, 201, body);
    return fault_play(rq, fault, "refund", "after", &faulty) ? faulty : reply;
}

SUSPENDS struct reply mercadopago_create_refund(struct request *rq)
{
    struct mp_payment payment;
    int64_t amount;
    if (!json_check(rq->body, NULL, NULL))
        return mercadopago_error(rq, 400, "bad_request", 0, "Invalid body");
    if (slice_is_none(rq->work.idempotency.key))
        return mercadopago_error(rq, 400, "bad_request", 4292, "Header X-Idempotency-Key can't be null");
    if (!mercadopago_payment_load(&rq->work, rq->path_args[0], &payment))
        return work_failed(&rq->work) ? reply_problem(rq) : mercadopago_error(rq, 404, "not_found", 2000, "Payment not found");
    struct slice asked = json_walk_member(rq->body, "amount");
    amount = payment.amount - payment.refunded;
    if (!slice_is_none(asked) && !mercadopago_amount_read(asked, &amount))
        return mercadopago_error(rq, 400, "bad_request", 2018, "Invalid amount");
    if (!slice_equals_text(payment.status, "approved") || amount > payment.amount - payment.refunded)
        return mercadopago_error(rq, 400, "bad_request", 2063, "The action requested is not valid for the current payment state");
    return make(rq, &payment, amount);
}

SUSPENDS struct reply mercadopago_list_refunds(struct request *rq)
{
    const struct rows *rows = db_all(&rq->work, SQL(mercadopago_refund_list, .payment_id = rq->path_args[0]));
    if (!rows)
        return reply_problem(rq);
    struct json_writer out = json_to_arena(rq->work.arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < rows_count(rows); i++)
        json_put_raw(&out, NULL, row_text(rows_at(rows, i), "body"));
    json_end(&out, ']');
    return reply_ok(rq, json_done(&out));
}
