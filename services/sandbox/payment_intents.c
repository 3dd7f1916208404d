/* /v1/payment_intents: create (perhaps confirming at once), confirm, cancel, read, list, search. */
#include "payment_intents.h"

#include "base/clock.h"
#include "gen/sandbox/sql.h"
#include "wire/uri.h"

#define PLN_MIN 200

/* The method a form names: a test token becomes a new method, an id one that exists. False with the reply made. */
SUSPENDS bool method_from_form(struct request *rq, struct slice name, struct method *method, struct reply *reply)
{
    if (card_find(name)) {
        *method = (struct method){ .id = object_id(rq->work.arena, "pm"), .token = name, .created = clock_wall_us() / 1000000,
                                    .exp_month = CARD_EXP_MONTH, .exp_year = CARD_EXP_YEAR };
        return true;
    }
    if (method_load(&rq->work, name, method))
        return true;
    *reply = error_missing(rq, "payment_method", name);
    return false;
}

/* A method that belongs to somebody is only theirs. */
bool method_fits(struct request *rq, const struct method *method, struct slice customer, struct reply *reply)
{
    if (slice_is_none(method->customer) || slice_equals(method->customer, customer))
        return true;
    *reply = error_reply(rq, 400, "invalid_request_error", "payment_method_unexpected_state",
                         "The payment method belongs to another customer.", "payment_method");
    return false;
}

SUSPENDS bool customer_known(struct request *rq, struct slice customer, struct reply *reply)
{
    if (slice_is_none(customer) || db_maybe(&rq->work, SQL(object_get, .id = customer, .kind = SLICE("customer"))))
        return true;
    *reply = error_missing(rq, "customer", customer);
    return false;
}

static bool currency_valid(struct slice currency)
{
    bool valid = currency.size == 3;
    for (size_t i = 0; valid && i < 3; i++)
        valid = currency.data[i] >= 'a' && currency.data[i] <= 'z';
    return valid;
}

static bool intent_from_form(struct request *rq, const struct form *form, struct intent *intent, struct reply *reply)
{
    struct arena *arena = rq->work.arena;
    *intent = (struct intent){
        .id = object_id(arena, "pi"),
        .currency = form_find(form, "currency"),
        .customer = form_find(form, "customer"),
        .setup_future_usage = form_find(form, "setup_future_usage"),
        .return_url = form_find(form, "return_url"),
        .description = form_find(form, "description"),
        .metadata = form_metadata(arena, form),
        .off_session = form_flag(form, "off_session"),
        .created = clock_wall_us() / 1000000,
        .status = SLICE("requires_payment_method"),
    };
    intent->client_secret = arena_printf(arena, "%.*s_secret_%.*s", SLICE_FMT(intent->id), SLICE_FMT(object_id(arena, "s")));
    if (!slice_to_int64(form_find(form, "amount"), &intent->amount) || intent->amount < 1 || intent->amount > 99999999999) {
        *reply = error_reply(rq, 400, "invalid_request_error", "parameter_invalid_integer", "Invalid amount.", "amount");
        return false;
    }
    /* Stripe has a minimum for each currency; here one has. */
    if (slice_equals_text(intent->currency, "pln") && intent->amount < PLN_MIN) {
        *reply = error_reply(rq, 400, "invalid_request_error", "amount_too_small", "Amount must be at least 2.00 zł pln", "amount");
        return false;
    }
    if (!currency_valid(intent->currency)) {
        *reply = error_reply(rq, 400, "invalid_request_error", NULL, "Invalid currency: must be three lower-case letters.", "currency");
        return false;
    }
    return true;
}

/* Confirms and saves, with the faults around it. */
static SUSPENDS struct reply confirm(struct request *rq, const struct form *form, struct intent *intent, struct slice method_name)
{
    struct method method;
    struct reply reply;
    if (!method_from_form(rq, method_name, &method, &reply) || !method_fits(rq, &method, intent->customer, &reply))
        return reply;
    const cJSON *fault = fault_take(&rq->work, "charge", intent->customer, card_find(method.token));
    if (fault_play(rq, fault, "charge", "before", &reply))
        return reply;
    struct effect effect = effect_new(&rq->work);
    struct slice error = confirm_intent(&effect, intent, &method, fault);
    struct slice expanded = slice_is_none(intent->method) ? SLICE_NONE : method_json(rq->work.arena, &method);
    bool asked = form_expands_method(form);
    if (slice_is_none(error))
        reply = effect_save(rq, &effect, 200, intent_json(rq->work.arena, intent, asked ? expanded : SLICE_NONE));
    else
        reply = effect_save(rq, &effect, 402, error);
    struct reply faulty;
    return fault_play(rq, fault, "charge", "after", &faulty) ? faulty : reply;
}

SUSPENDS struct reply create_intent(struct request *rq)
{
    struct form form;
    struct intent intent;
    struct reply reply;
    if (!form_body(rq, &form, &reply) || !intent_from_form(rq, &form, &intent, &reply) ||
        !customer_known(rq, intent.customer, &reply))
        return reply;
    struct slice method = form_find(&form, "payment_method");
    if (form_flag(&form, "confirm") && slice_is_none(method))
        return error_reply(rq, 400, "invalid_request_error", "parameter_missing", "A payment method is needed to confirm.", "payment_method");
    if (form_flag(&form, "confirm"))
        return confirm(rq, &form, &intent, method);
    struct effect effect = effect_new(&rq->work);
    struct method found;
    if (!slice_is_none(method)) {
        if (!method_from_form(rq, method, &found, &reply) || !method_fits(rq, &found, intent.customer, &reply))
            return reply;
        if (found.version == 0)
            effect_put(&effect, found.id, "payment_method", found.customer, 0, method_json(rq->work.arena, &found));
        intent.method = found.id;
        intent.status = SLICE("requires_confirmation");
    }
    struct slice body = intent_json(rq->work.arena, &intent, SLICE_NONE);
    effect_put(&effect, intent.id, "payment_intent", intent.customer, 0, body);
    effect_event(&effect, "payment_intent.created", body, 0);
    return effect_save(rq, &effect, 200, body);
}

static struct reply unexpected_state(struct request *rq, const struct intent *intent, const char *verb)
{
    struct arena *arena = rq->work.arena;
    struct slice message = arena_printf(arena, "You cannot %s this PaymentIntent because it has a status of %.*s.", verb, SLICE_FMT(intent->status));
    return reply_json(rq, 400, error_json(arena, "invalid_request_error", "payment_intent_unexpected_state", NULL, message.data, NULL,
                                          SLICE("payment_intent"), intent_json(arena, intent, SLICE_NONE), SLICE_NONE));
}

SUSPENDS struct reply confirm_existing_intent(struct request *rq)
{
    struct form form;
    struct intent intent;
    struct reply reply;
    if (!form_body(rq, &form, &reply))
        return reply;
    if (!intent_load(&rq->work, rq->path_args[0], &intent))
        return error_missing(rq, "payment_intent", rq->path_args[0]);
    struct slice method = form_find(&form, "payment_method");
    if (!slice_equals_text(intent.status, "requires_confirmation") && !slice_equals_text(intent.status, "requires_payment_method"))
        return unexpected_state(rq, &intent, "confirm");
    if (slice_is_none(method))
        method = intent.method;
    if (slice_is_none(method))
        return error_reply(rq, 400, "invalid_request_error", "parameter_missing", "A payment method is needed to confirm.", "payment_method");
    intent.off_session = form_flag(&form, "off_session");
    intent.return_url = form_find(&form, "return_url");
    return confirm(rq, &form, &intent, method);
}

SUSPENDS struct reply cancel_intent(struct request *rq)
{
    struct form form;
    struct intent intent;
    struct reply reply;
    if (!form_body(rq, &form, &reply))
        return reply;
    if (!intent_load(&rq->work, rq->path_args[0], &intent))
        return error_missing(rq, "payment_intent", rq->path_args[0]);
    if (slice_equals_text(intent.status, "succeeded") || slice_equals_text(intent.status, "canceled"))
        return unexpected_state(rq, &intent, "cancel");
    intent.status = SLICE("canceled");
    intent.cancellation_reason = form_find(&form, "cancellation_reason");
    struct effect effect = effect_new(&rq->work);
    struct slice body = intent_json(rq->work.arena, &intent, SLICE_NONE);
    effect_put(&effect, intent.id, "payment_intent", intent.customer, intent.version, body);
    effect_event(&effect, "payment_intent.canceled", body, 0);
    return effect_save(rq, &effect, 200, body);
}

SUSPENDS struct reply get_intent(struct request *rq)
{
    struct intent intent;
    if (!intent_load(&rq->work, rq->path_args[0], &intent))
        return error_missing(rq, "payment_intent", rq->path_args[0]);
    return reply_ok(rq, intent_json(rq->work.arena, &intent, expanded_method(rq, NULL, intent.method)));
}

struct reply list_reply(struct request *rq, const struct rows *rows, size_t limit, const char *object, const char *url)
{
    struct json_writer out = json_to_arena(rq->work.arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "object", slice_from_text(object));
    json_put_text(&out, "url", slice_from_text(url));
    json_put_bool(&out, "has_more", rows_count(rows) > limit);
    json_begin(&out, "data", '[');
    for (size_t i = 0; i < rows_count(rows) && i < limit; i++)
        json_put_raw(&out, NULL, row_text(rows_at(rows, i), "body"));
    json_end(&out, ']');
    json_end(&out, '}');
    return reply_ok(rq, json_done(&out));
}

SUSPENDS struct reply list_intents(struct request *rq)
{
    struct arena *arena = rq->work.arena;
    int64_t limit = 10;
    struct slice asked = uri_query_find(arena, rq->query, "limit");
    if (!slice_is_none(asked) && (!slice_to_int64(asked, &limit) || limit < 1 || limit > LIST_LIMIT_MAX))
        return error_reply(rq, 400, "invalid_request_error", "parameter_invalid_integer", "Invalid limit.", "limit");
    const struct rows *rows = db_all(&rq->work, SQL(object_list, .kind = SLICE("payment_intent"),
                                                    .customer = uri_query_find(arena, rq->query, "customer"),
                                                    .after = uri_query_find(arena, rq->query, "starting_after"),
                                                    .limit = work_int(&rq->work, limit)));
    return rows ? list_reply(rq, rows, (size_t)limit, "list", "/v1/payment_intents") : reply_problem(rq);
}

/* Of Stripe's search language one form is known: metadata['payment_id']:'<value>'. */
SUSPENDS struct reply search_intents(struct request *rq)
{
    static const char before[] = "metadata['payment_id']:'";
    struct slice query = uri_query_find(rq->work.arena, rq->query, "query");
    size_t prefix = sizeof before - 1;
    if (query.size <= prefix || memcmp(query.data, before, prefix) != 0 || query.data[query.size - 1] != '\'')
        return error_reply(rq, 400, "invalid_request_error", NULL, "The sandbox searches by metadata['payment_id']:'...' only.", "query");
    struct slice value = slice_of(query.data + prefix, query.size - prefix - 1);
    const struct rows *rows = db_all(&rq->work, SQL(intent_search, .payment_id = value));
    return rows ? list_reply(rq, rows, LIST_LIMIT_MAX, "search_result", "/v1/payment_intents/search") : reply_problem(rq);
}
