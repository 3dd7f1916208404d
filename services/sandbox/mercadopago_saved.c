/* Mercado Pago's customers, their cards, and tokens made of those for one payment. */
#include "gen/sandbox/sql.h"
#include "mercadopago.h"
#include "wire/json.h"
#include "wire/uri.h"

SUSPENDS struct reply mercadopago_create_customer(struct request *rq)
{
    struct arena *arena = rq->work.arena;
    struct slice email = json_member_text(json_parse(arena, rq->body, NULL, NULL), "email"), id = object_id(arena, "mpc");
    if (slice_is_none(email))
        return mercadopago_error(rq, 400, "bad_request", 100, "the email is required");
    if (db_maybe(&rq->work, SQL(mercadopago_customer_find, .email = email)))
        return mercadopago_error(rq, 400, "bad_request", 101, "the customer already exist");
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", id);
    json_put_text(&out, "email", email);
    json_end(&out, '}');
    struct slice body = json_done(&out);
    struct effect effect = effect_new(&rq->work);
    effect_put(&effect, id, "mp_customer", SLICE_NONE, 0, body);
    return effect_save(rq, &effect, 201, body);
}

SUSPENDS struct reply mercadopago_search_customers(struct request *rq)
{
    struct arena *arena = rq->work.arena;
    struct slice email = uri_query_find(arena, rq->query, "email");
    const struct row *row = db_maybe(&rq->work, SQL(mercadopago_customer_find, .email = email));
    if (work_failed(&rq->work))
        return reply_problem(rq);
    return reply_ok(rq, arena_printf(arena, "{\"results\":[%.*s]}", SLICE_FMT(row ? row_text(row, "body") : SLICE(""))));
}

SUSPENDS struct reply mercadopago_create_card(struct request *rq)
{
    struct work *w = &rq->work;
    struct slice customer = rq->path_args[0], token = json_member_text(json_parse(w->arena, rq->body, NULL, NULL), "token");
    if (!db_maybe(w, SQL(object_get, .id = customer, .kind = SLICE("mp_customer"))))
        return work_failed(w) ? reply_problem(rq) : mercadopago_error(rq, 404, "not_found", 109, "Customer not found");
    const struct card *card = mercadopago_card_find(token);
    if (!card)
        return mercadopago_error(rq, 400, "bad_request", 118, "the token doesn't exist");
    struct slice id = mercadopago_number(w->arena), body = mercadopago_card_json(w->arena, id, customer, card);
    struct effect effect = effect_new(w);
    effect_put(&effect, id, "mp_card", customer, 0, body);
    return effect_save(rq, &effect, 201, body);
}

SUSPENDS struct reply mercadopago_get_card(struct request *rq)
{
    const struct row *row = db_maybe(&rq->work, SQL(object_get, .id = rq->path_args[1], .kind = SLICE("mp_card")));
    if (!row || !slice_equals(row_text(row, "customer"), rq->path_args[0]))
        return work_failed(&rq->work) ? reply_problem(rq) : mercadopago_error(rq, 404, "not_found", 0, "Card not found");
    return reply_ok(rq, row_text(row, "body"));
}

SUSPENDS struct reply mercadopago_create_card_token(struct request *rq)
{
    struct work *w = &rq->work;
    struct slice card_id = json_member_text(json_parse(w->arena, rq->body, NULL, NULL), "card_id");
    const struct row *row = slice_is_none(card_id) ? NULL : db_maybe(w, SQL(object_get, .id = card_id, .kind = SLICE("mp_card")));
    if (!row)
        return work_failed(w) ? reply_problem(rq) : mercadopago_error(rq, 400, "bad_request", 0, "Card not found");
    struct slice id = object_id(w->arena, "mpt");
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", id);
    json_put_text(&out, "card_id", card_id);
    json_put_text(&out, "status", SLICE("active"));
    json_put_text(&out, "sandbox_token", json_member_text(json_parse(w->arena, row_text(row, "body"), NULL, NULL), "sandbox_token"));
    json_end(&out, '}');
    struct slice body = json_done(&out);
    struct effect effect = effect_new(w);
    effect_put(&effect, id, "mp_token", row_text(row, "customer"), 0, body);
    return effect_save(rq, &effect, 201, body);
}
