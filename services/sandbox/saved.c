/* Customers, their saved payment methods, and setup intents. */
#include "base/clock.h"
#include "gen/sandbox/sql.h"
#include "payment_intents.h"
#include "wire/json.h"

SUSPENDS struct reply create_customer(struct request *rq)
{
    struct form form;
    struct reply reply;
    struct arena *arena = rq->work.arena;
    if (!form_body(rq, &form, &reply))
        return reply;
    struct slice id = object_id(arena, "cus");
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", id);
    json_put_text(&out, "object", SLICE("customer"));
    json_put_int(&out, "created", clock_wall_us() / 1000000);
    json_put_text(&out, "email", form_find(&form, "email"));
    json_put_text(&out, "name", form_find(&form, "name"));
    json_put_text(&out, "description", form_find(&form, "description"));
    json_put_bool(&out, "livemode", false);
    json_put_raw(&out, "metadata", form_metadata(arena, &form));
    json_end(&out, '}');
    struct slice body = json_done(&out);
    struct effect effect = effect_new(&rq->work);
    effect_put(&effect, id, "customer", SLICE_NONE, 0, body);
    return effect_save(rq, &effect, 200, body);
}

SUSPENDS struct reply get_customer(struct request *rq)
{
    const struct row *row = db_maybe(&rq->work, SQL(object_get, .id = rq->path_args[0], .kind = SLICE("customer")));
    return row ? reply_ok(rq, row_text(row, "body")) : error_missing(rq, "customer", rq->path_args[0]);
}

SUSPENDS struct reply get_method(struct request *rq)
{
    struct method method;
    if (!method_load(&rq->work, rq->path_args[0], &method))
        return error_missing(rq, "payment_method", rq->path_args[0]);
    return reply_ok(rq, method_json(rq->work.arena, &method));
}

static struct reply card_error(struct request *rq, const struct card *card, struct slice name, struct slice intent, struct slice method)
{
    return reply_json(rq, 402, error_json(rq->work.arena, "card_error", card->code, card->decline_code, card->message, NULL, name, intent, method));
}

SUSPENDS struct reply attach_method(struct request *rq)
{
    struct form form;
    struct method method;
    struct reply reply;
    if (!form_body(rq, &form, &reply))
        return reply;
    struct slice customer = form_find(&form, "customer");
    if (slice_is_none(customer))
        return error_reply(rq, 400, "invalid_request_error", "parameter_missing", "A customer is needed.", "customer");
    if (!customer_known(rq, customer, &reply) || !method_from_form(rq, rq->path_args[0], &method, &reply) ||
        !method_fits(rq, &method, customer, &reply))
        return reply;
    const struct card *card = card_find(method.token);
    if (card->behavior == CARD_DECLINES)
        return card_error(rq, card, SLICE_NONE, SLICE_NONE, SLICE_NONE);
    method.customer = customer;
    struct slice body = method_json(rq->work.arena, &method);
    struct effect effect = effect_new(&rq->work);
    effect_put(&effect, method.id, "payment_method", customer, method.version, body);
    effect_event(&effect, "payment_method.attached", body, 0);
    return effect_save(rq, &effect, 200, body);
}

/* It belongs to nobody again. Stripe never takes it for anything afterwards; nobody here tries. */
SUSPENDS struct reply detach_method(struct request *rq)
{
    struct method method;
    if (!method_load(&rq->work, rq->path_args[0], &method))
        return error_missing(rq, "payment_method", rq->path_args[0]);
    if (slice_is_none(method.customer))
        return error_reply(rq, 400, "invalid_request_error", NULL, "The payment method is attached to no customer, so detaching it is impossible.", NULL);
    method.customer = SLICE_NONE;
    struct slice body = method_json(rq->work.arena, &method);
    struct effect effect = effect_new(&rq->work);
    effect_put(&effect, method.id, "payment_method", SLICE_NONE, method.version, body);
    effect_event(&effect, "payment_method.detached", body, 0);
    return effect_save(rq, &effect, 200, body);
}

/* The card's network has told of another end of it: a bank has sent a new card, or said when this one ends. */
SUSPENDS struct reply sim_card(struct request *rq)
{
    struct method method;
    const cJSON *asked = json_parse(rq->work.arena, rq->body, NULL, NULL);
    struct slice id = json_member_text(asked, "payment_method");
    if (slice_is_none(id) || !method_load(&rq->work, id, &method))
        return error_missing(rq, "payment_method", id);
    method.exp_month = json_member_int64(asked, "exp_month", method.exp_month);
    method.exp_year = json_member_int64(asked, "exp_year", method.exp_year);
    struct slice body = method_json(rq->work.arena, &method);
    struct effect effect = effect_new(&rq->work);
    effect_put(&effect, method.id, "payment_method", method.customer, method.version, body);
    effect_event(&effect, "payment_method.automatically_updated", body, 0);
    return effect_save(rq, &effect, 200, body);
}

/* What confirming a set-up does: the card is kept, declined, or its owner has to authenticate. */
static SUSPENDS struct reply confirm_setup(struct request *rq, const struct form *form, struct setup *setup, struct method *method)
{
    struct arena *arena = rq->work.arena;
    const struct card *card = card_find(method->token);
    struct effect effect = effect_new(&rq->work);
    const char *event = "setup_intent.succeeded";
    setup->method = method->id;
    setup->status = SLICE("succeeded");
    if (card->behavior == CARD_DECLINES) {
        setup->status = SLICE("requires_payment_method");
        setup->method = SLICE_NONE;
        setup->last_error = decline_last_error(arena, card, card->decline_code, method_json(arena, method));
        event = "setup_intent.setup_failed";
    } else if (card->behavior == CARD_AUTHENTICATES) {
        setup->status = SLICE("requires_action");
        event = "setup_intent.requires_action";
    } else if (!slice_is_none(setup->customer)) {
        method->customer = setup->customer;
    }
    struct slice method_body = method_json(arena, method);
    effect_put(&effect, method->id, "payment_method", method->customer, method->version, method_body);
    struct slice body = setup_json(arena, setup, SLICE_NONE);
    effect_put(&effect, setup->id, "setup_intent", setup->customer, setup->version, body);
    effect_event(&effect, event, body, 0);
    if (card->behavior == CARD_DECLINES)
        return effect_save(rq, &effect, 402, error_json(arena, "card_error", card->code, card->decline_code, card->message, NULL,
                                                         SLICE("setup_intent"), body, method_body));
    bool expand = form && form_expands_method(form);
    return effect_save(rq, &effect, 200, expand ? setup_json(arena, setup, method_body) : body);
}

SUSPENDS struct reply create_setup(struct request *rq)
{
    struct form form;
    struct method method;
    struct reply reply;
    struct arena *arena = rq->work.arena;
    if (!form_body(rq, &form, &reply))
        return reply;
    struct setup setup = {
        .id = object_id(arena, "seti"), .customer = form_find(&form, "customer"), .usage = form_find(&form, "usage"),
        .metadata = form_metadata(arena, &form), .created = clock_wall_us() / 1000000, .status = SLICE("requires_payment_method"),
    };
    setup.client_secret = arena_printf(arena, "%.*s_secret_%.*s", SLICE_FMT(setup.id), SLICE_FMT(object_id(arena, "s")));
    if (slice_is_none(setup.usage))
        setup.usage = SLICE("off_session");
    if (!customer_known(rq, setup.customer, &reply))
        return reply;
    if (form_flag(&form, "confirm")) {
        struct slice name = form_find(&form, "payment_method");
        if (slice_is_none(name))
            return error_reply(rq, 400, "invalid_request_error", "parameter_missing", "A payment method is needed to confirm.", "payment_method");
        if (!method_from_form(rq, name, &method, &reply) || !method_fits(rq, &method, setup.customer, &reply))
            return reply;
        return confirm_setup(rq, &form, &setup, &method);
    }
    struct slice body = setup_json(arena, &setup, SLICE_NONE);
    struct effect effect = effect_new(&rq->work);
    effect_put(&effect, setup.id, "setup_intent", setup.customer, 0, body);
    return effect_save(rq, &effect, 200, body);
}

SUSPENDS struct reply get_setup(struct request *rq)
{
    struct setup setup;
    if (!setup_load(&rq->work, rq->path_args[0], &setup))
        return error_missing(rq, "setup_intent", rq->path_args[0]);
    return reply_ok(rq, setup_json(rq->work.arena, &setup, expanded_method(rq, NULL, setup.method)));
}
