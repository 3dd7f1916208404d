/* Stripe's JSON and forms, to and from billing's structs. Reads only members it knows; whatever else a version of the API
 * adds is left alone. Strings are views of the parsed tree, which lives in the arena. Nothing suspends. */
#include "billing/stripe_wire.h"

#include "billing/decline.h"
#include "wire/form.h"
#include "wire/json.h"

static bool two_decimals_added(struct slice currency)
{
    return slice_equals_nocase(currency, SLICE("ISK")) || slice_equals_nocase(currency, SLICE("UGX"));
}

/* ISO 4217 gives the ariary two decimals, Stripe none. */
static bool two_decimals_dropped(struct slice currency)
{
    return slice_equals_nocase(currency, SLICE("MGA"));
}

bool stripe_amount_exact(int64_t amount, struct slice currency)
{
    return !two_decimals_dropped(currency) || amount % 100 == 0;
}

int64_t stripe_amount_out(int64_t amount, struct slice currency)
{
    return two_decimals_added(currency) ? amount * 100 : two_decimals_dropped(currency) ? amount / 100 : amount;
}

int64_t stripe_amount_in(int64_t amount, struct slice currency)
{
    return two_decimals_added(currency) ? amount / 100 : two_decimals_dropped(currency) ? amount * 100 : amount;
}

static struct slice change_case(struct arena *arena, struct slice text, char from, char to)
{
    char *copy = arena_alloc(arena, text.size + 1);
    for (size_t i = 0; i < text.size; i++)
        copy[i] = text.data[i] >= from && text.data[i] <= from + 25 ? (char)(text.data[i] - from + to) : text.data[i];
    return slice_of(copy, text.size);
}

static void put_card_only(struct form_writer *form)
{
    form_begin(form, "payment_method_types");
    form_put_text(form, "", SLICE("card"));
    form_end(form);
}

static void put_expand(struct form_writer *form)
{
    form_begin(form, "expand");
    form_put_text(form, "", SLICE("payment_method"));
    form_end(form);
}

struct slice stripe_form_charge(struct arena *arena, const struct charge_request *rq, bool off_session, const char *return_url)
{
    struct form_writer form = form_to_arena(arena);
    form_put_int(&form, "amount", stripe_amount_out(rq->amount, rq->currency));
    form_put_text(&form, "currency", change_case(arena, rq->currency, 'A', 'a'));
    form_put_text(&form, "customer", rq->customer);
    form_put_text(&form, "payment_method", rq->token);
    put_card_only(&form);
    form_put_bool(&form, "confirm", true);
    if (off_session)
        form_put_bool(&form, "off_session", true);
    else if (return_url)
        form_put_text(&form, "return_url", slice_from_text(return_url));
    if (rq->save)
        form_put_text(&form, "setup_future_usage", SLICE("off_session"));
    form_begin(&form, "metadata");
    form_put_text(&form, "payment_id", rq->payment_id);
    form_put_text(&form, "order_id", rq->order_id);
    form_end(&form);
    put_expand(&form);
    return form_done(&form);
}

struct slice stripe_form_setup(struct arena *arena, const struct setup_request *rq, const char *return_url)
{
    struct form_writer form = form_to_arena(arena);
    form_put_text(&form, "customer", rq->customer);
    form_put_text(&form, "payment_method", rq->token);
    put_card_only(&form);
    form_put_text(&form, "usage", SLICE("off_session"));
    form_put_bool(&form, "confirm", true);
    if (return_url)
        form_put_text(&form, "return_url", slice_from_text(return_url));
    form_begin(&form, "metadata");
    form_put_text(&form, "payment_method_id", rq->method_id);
    form_end(&form);
    put_expand(&form);
    return form_done(&form);
}

struct slice stripe_form_refund(struct arena *arena, const struct refund_request *rq)
{
    struct form_writer form = form_to_arena(arena);
    form_put_text(&form, "payment_intent", rq->payment_reference);
    form_put_int(&form, "amount", stripe_amount_out(rq->amount, rq->currency));
    form_begin(&form, "metadata");
    form_put_text(&form, "refund_id", rq->refund_id);
    if (rq->attempt > 1)
        form_put_int(&form, "attempt", rq->attempt);
    form_end(&form);
    return form_done(&form);
}

struct slice stripe_form_evidence(struct arena *arena, struct slice evidence)
{
    struct form_writer form = form_to_arena(arena);
    const cJSON *fields = json_parse(arena, evidence, NULL, NULL);
    form_begin(&form, "evidence");
    for (const cJSON *field = fields ? fields->child : NULL; field; field = field->next)
        form_put_text(&form, field->string, json_text(field));
    form_end(&form);
    form_put_bool(&form, "submit", true);
    return form_done(&form);
}

struct slice stripe_form_customer(struct arena *arena, struct slice customer_id)
{
    struct form_writer form = form_to_arena(arena);
    form_begin(&form, "metadata");
    form_put_text(&form, "customer_id", customer_id);
    form_end(&form);
    return form_done(&form);
}

static bool is_object(const cJSON *value, const char *kind)
{
    return slice_equals_text(json_member_text(value, "object"), kind);
}

static void read_card(const cJSON *card, struct method *out)
{
    out->brand = json_member_text(card, "brand");
    out->last4 = json_member_text(card, "last4");
    out->exp_month = json_member_int64(card, "exp_month", 0);
    out->exp_year = json_member_int64(card, "exp_year", 0);
    if (out->last4.size > 4)
        out->last4 = SLICE_NONE;
}

bool stripe_read_method(const cJSON *method, struct method *out)
{
    *out = (struct method){ .token = json_member_text(method, "id") };
    read_card(json_member(method, "card"), out);
    return is_object(method, "payment_method") && !slice_is_none(out->token);
}

/* A reference is the id, or the object itself where it was expanded. */
static void read_method_reference(const cJSON *value, struct method *out)
{
    if (!stripe_read_method(value, out))
        *out = (struct method){ .token = json_text(value) };
}

static void read_next_action(const cJSON *object, struct slice *type, struct slice *url)
{
    const cJSON *action = json_member(object, "next_action");
    *type = json_member_text(action, "type");
    *url = json_member_text(json_member(action, "redirect_to_url"), "url");
    if (slice_is_none(*type))
        *type = SLICE("unknown");
}

/* error: why the last try was refused, JSON null or absent when none was. */
static enum charge_state read_state(struct slice status, const cJSON *error)
{
    static const struct { const char *status; enum charge_state state; } states[] = {
        { "succeeded", CHARGE_SUCCEEDED },
        { "requires_action", CHARGE_REQUIRES_ACTION },
        { "canceled", CHARGE_CANCELED },
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (slice_equals_text(status, states[i].status))
            return states[i].state;
    /* A new one needs a method too, before it is confirmed (payment_intent.created tells of that state). */
    return slice_equals_text(status, "requires_payment_method") && cJSON_IsObject(error) ? CHARGE_FAILED : CHARGE_PENDING;
}

static struct decline read_error(const cJSON *error)
{
    struct slice advice = json_member_text(error, "advice_code");
    return decline_from_stripe(json_member_text(error, "decline_code"), json_member_text(error, "code"),
                               slice_is_none(advice) ? json_member_text(error, "network_advice_code") : advice);
}

bool stripe_read_intent(struct arena *arena, const cJSON *intent, struct charge *out)
{
    *out = (struct charge){ .reference = json_member_text(intent, "id") };
    if (!is_object(intent, "payment_intent") || slice_is_none(out->reference))
        return false;
    out->payment_id = json_member_text(json_member(intent, "metadata"), "payment_id");
    out->order_id = json_member_text(json_member(intent, "metadata"), "order_id");
    out->state = read_state(json_member_text(intent, "status"), json_member(intent, "last_payment_error"));
    out->currency = change_case(arena, json_member_text(intent, "currency"), 'a', 'A');
    out->received = stripe_amount_in(json_member_int64(intent, "amount_received", json_member_int64(intent, "amount", 0)), out->currency);
    read_method_reference(json_member(intent, "payment_method"), &out->method);
    if (out->state == CHARGE_REQUIRES_ACTION)
        read_next_action(intent, &out->action_type, &out->action_url);
    if (out->state == CHARGE_FAILED) {
        const cJSON *error = json_member(intent, "last_payment_error");
        struct decline decline = read_error(error);
        out->failure_code = decline.failure_code;
        out->decline_kind = decline.kind;
        if (slice_is_none(out->method.token))
            read_method_reference(json_member(error, "payment_method"), &out->method);
    }
    return out->state != CHARGE_SUCCEEDED || out->received > 0;
}

bool stripe_read_setup(const cJSON *setup, struct setup *out)
{
    const cJSON *customer = json_member(setup, "customer");
    *out = (struct setup){
        .reference = json_member_text(setup, "id"),
        .method_id = json_member_text(json_member(setup, "metadata"), "payment_method_id"),
        .state = read_state(json_member_text(setup, "status"), json_member(setup, "last_setup_error")),
        .customer = cJSON_IsObject(customer) ? json_member_text(customer, "id") : json_text(customer),
    };
    read_method_reference(json_member(setup, "payment_method"), &out->method);
    if (out->state == CHARGE_REQUIRES_ACTION)
        read_next_action(setup, &out->action_type, &out->action_url);
    if (out->state == CHARGE_FAILED)
        out->failure_code = read_error(json_member(setup, "last_setup_error")).failure_code;
    return is_object(setup, "setup_intent") && !slice_is_none(out->reference);
}

bool stripe_read_refund(struct arena *arena, const cJSON *refund, struct refund *out)
{
    struct slice status = json_member_text(refund, "status");
    struct slice currency = change_case(arena, json_member_text(refund, "currency"), 'a', 'A');
    const cJSON *intent = json_member(refund, "payment_intent");
    bool failed = slice_equals_text(status, "failed") || slice_equals_text(status, "canceled");
    int64_t attempt;
    if (!slice_to_int64(json_member_text(json_member(refund, "metadata"), "attempt"), &attempt))
        attempt = 1;
    *out = (struct refund){
        .reference = json_member_text(refund, "id"),
        .refund_id = json_member_text(json_member(refund, "metadata"), "refund_id"),
        .payment_reference = cJSON_IsObject(intent) ? json_member_text(intent, "id") : json_text(intent),
        .amount = stripe_amount_in(json_member_int64(refund, "amount", 0), currency),
        .attempt = attempt,
        .currency = currency,
        .state = failed ? REFUND_FAILED : slice_equals_text(status, "succeeded") ? REFUND_SUCCEEDED : REFUND_PENDING,
        .failure_code = json_member_text(refund, "failure_reason"),
    };
    return is_object(refund, "refund") && !slice_is_none(out->reference);
}

/* Closed without an end of the bank's (warning_closed: it asked no more; prevented) nothing was lost. */
static struct slice read_dispute_status(struct slice status)
{
    static const struct { const char *theirs, *ours; } states[] = {
        { "needs_response", "needs_response" }, { "warning_needs_response", "needs_response" }, { "under_review", "under_review" },
        { "warning_under_review", "under_review" }, { "charge_refunded", "won" }, { "won", "won" }, { "warning_closed", "won" }, { "prevented", "won" }, { "lost", "lost" },
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (slice_equals_text(status, states[i].theirs))
            return slice_from_text(states[i].ours);
    return SLICE_NONE;
}

bool stripe_read_dispute(struct arena *arena, const cJSON *dispute, struct dispute *out)
{
    struct slice status = json_member_text(dispute, "status"), reason = json_member_text(dispute, "reason");
    struct slice currency = change_case(arena, json_member_text(dispute, "currency"), 'a', 'A');
    const cJSON *intent = json_member(dispute, "payment_intent"), *bookings = json_member(dispute, "balance_transactions");
    *out = (struct dispute){
        .reference = json_member_text(dispute, "id"),
        .payment_reference = cJSON_IsObject(intent) ? json_member_text(intent, "id") : json_text(intent),
        .reason = slice_is_none(reason) || reason.size > 64 ? SLICE("general") : reason,
        .status = read_dispute_status(status),
        .inquiry = slice_starts_with(status, SLICE("warning_")),
        .amount = stripe_amount_in(json_member_int64(dispute, "amount", 0), currency),
        .evidence_due_s = json_member_int64(json_member(dispute, "evidence_details"), "due_by", 0),
        .currency = currency,
    };
    /* Fees of another currency than the payment's are in the provider's statement, not here. */
    for (const cJSON *each = cJSON_IsArray(bookings) ? bookings->child : NULL; each; each = each->next) {
        out->transactions++;
        if (slice_equals_nocase(json_member_text(each, "currency"), currency))
            out->fee += stripe_amount_in(json_member_int64(each, "fee", 0), currency);
    }
    out->fee = out->fee > 0 ? out->fee : 0;
    return is_object(dispute, "dispute") && !slice_is_none(out->reference) && !slice_is_none(out->status) && out->amount > 0;
}

/* By its network, which knows the card that the bank has sent in its place; or by hand. */
static bool method_changed(struct slice type)
{
    return slice_equals_text(type, "payment_method.automatically_updated") || slice_equals_text(type, "payment_method.updated");
}

bool stripe_read_event(struct arena *arena, const cJSON *event, struct provider_event *out)
{
    *out = (struct provider_event){ .id = json_member_text(event, "id"), .type = json_member_text(event, "type") };
    if (!is_object(event, "event") || slice_is_none(out->id) || slice_is_none(out->type) || out->id.size > 255 || out->type.size > 255)
        return false;
    const cJSON *object = json_member(json_member(event, "data"), "object");
    if (stripe_read_intent(arena, object, &out->charge))
        out->kind = EVENT_PAYMENT;
    else if (stripe_read_refund(arena, object, &out->refund))
        out->kind = EVENT_REFUND;
    else if (stripe_read_setup(object, &out->setup))
        out->kind = EVENT_SETUP;
    else if (stripe_read_dispute(arena, object, &out->dispute))
        out->kind = EVENT_DISPUTE;
    else if (method_changed(out->type) && stripe_read_method(object, &out->method))
        out->kind = EVENT_METHOD;
    return true;
}

enum provider_outcome stripe_judge(long status, const cJSON *body, bool *declined)
{
    const cJSON *error = json_member(body, "error");
    struct slice type = json_member_text(error, "type");
    *declined = status == 402 && slice_equals_text(type, "card_error");
    if (*declined)
        return PROVIDER_OK;
    if (status >= 200 && status < 300)
        return body ? PROVIDER_OK : PROVIDER_UNKNOWN;
    if (status == 404 && slice_equals_text(json_member_text(error, "code"), "resource_missing"))
        return PROVIDER_NOT_FOUND;
    /* The key was used for another request: what that one did has to be asked. */
    if (slice_equals_text(type, "idempotency_error") && status != 409)
        return PROVIDER_UNKNOWN;
    /* Wrong keys or addresses of ours are not the customer's fault: it waits until they are right. */
    if (status == 401 || status == 404 || status == 403 || status == 409 || status == 429 || status >= 500 || status < 400)
        return PROVIDER_RETRYABLE;
    return PROVIDER_REFUSED;
}

bool stripe_amount_refused(const cJSON *body)
{
    const cJSON *error = json_member(body, "error");
    struct slice code = json_member_text(error, "code"), parameter = json_member_text(error, "param");
    return slice_equals_text(code, "amount_too_small") || slice_equals_text(code, "amount_too_large") || slice_equals_text(parameter, "amount") ||
           slice_equals_text(parameter, "currency");
}

void stripe_read_decline(struct arena *arena, const cJSON *body, struct charge *out)
{
    const cJSON *error = json_member(body, "error");
    struct decline decline = read_error(error);
    if (!stripe_read_intent(arena, json_member(error, "payment_intent"), out))
        *out = (struct charge){ 0 };
    if (slice_is_none(out->method.brand))
        read_method_reference(json_member(error, "payment_method"), &out->method);
    out->state = CHARGE_FAILED;
    out->failure_code = decline.failure_code;
    out->decline_kind = decline.kind;
}
