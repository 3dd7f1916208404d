/* See settle.h. The effects are SQL, one statement a state; this decides which, fetches what a receipt shows of the card, and puts lock and
 * effect into one unit. Everything here suspends. */
#include "billing/settle.h"

#include "base/log.h"
#include "base/uuid.h"
#include "gen/billing/sql.h"
#include "service/service.h"
#include "wire/json.h"

static void add_complete(struct batch *batch, struct work *w, struct slice payment_id, const struct charge *charge)
{
    batch_add(batch, SQL(complete_payment, .payment_id = payment_id, .received = work_int(w, charge->received),
                         .provider_reference = charge->reference, .brand = charge->method.brand, .last4 = charge->method.last4,
                         .method_token = charge->method.token));
}

static void add_action(struct batch *batch, struct slice payment_id, const struct charge *charge)
{
    batch_add(batch, SQL(require_action, .payment_id = payment_id, .provider_reference = charge->reference, .brand = charge->method.brand,
                         .last4 = charge->method.last4, .next_action_type = charge->action_type, .next_action_url = charge->action_url));
}

static void add_end(struct batch *batch, struct slice payment_id, const char *status, const struct charge *charge)
{
    batch_add(batch, SQL(fail_payment, .payment_id = payment_id, .status = slice_from_text(status), .failure_code = charge->failure_code,
                         .decline_kind = charge->decline_kind, .provider_reference = charge->reference, .brand = charge->method.brand,
                         .last4 = charge->method.last4));
}

static void add_effect(struct batch *batch, struct work *w, struct slice payment_id, struct charge *charge)
{
    switch (charge->state) {
    case CHARGE_SUCCEEDED:
        add_complete(batch, w, payment_id, charge);
        break;
    case CHARGE_REQUIRES_ACTION:
        add_action(batch, payment_id, charge);
        break;
    case CHARGE_FAILED:
        add_end(batch, payment_id, "failed", charge);
        break;
    case CHARGE_CANCELED:
        charge->failure_code = SLICE("canceled");
        add_end(batch, payment_id, "canceled", charge);
        break;
    case CHARGE_PENDING:
        break;
    }
}

/* The receipt names the card. Without an answer it does not; nothing waits for that. */
static SUSPENDS void learn_card(struct work *w, const struct provider *provider, const struct row *payment, struct charge *charge)
{
    struct method method = { 0 };
    bool known = !slice_is_none(charge->method.brand) || !slice_is_none(row_text(payment, "brand"));
    if (charge->state == CHARGE_SUCCEEDED && !known && !slice_is_none(charge->method.token) &&
        provider->method_get(w, charge->method.token, &method) == PROVIDER_OK)
        charge->method = method;
}

static bool believable(const struct row *payment, const struct charge *charge)
{
    if (charge->state != CHARGE_SUCCEEDED)
        return true;
    if (!slice_equals(charge->currency, row_text(payment, "currency"))) {
        log_error("the provider took another currency", LOG_SLICE("payment_id", row_text(payment, "id")),
                  LOG_SLICE("currency", charge->currency));
        return false;
    }
    if (charge->received != row_int(payment, "amount"))
        log_error("the provider took another amount", LOG_SLICE("payment_id", row_text(payment, "id")), LOG_INT("received", charge->received));
    return true;
}

enum job_outcome payment_settle(struct work *w, const struct provider *provider, const struct row *payment, struct charge *charge,
                                struct slice webhook_event_id)
{
    if (!believable(payment, charge))
        return JOB_DEAD;
    learn_card(w, provider, payment, charge);
    struct slice payment_id = row_text(payment, "id");
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_payment, .payment_id = payment_id));
    add_effect(batch, w, payment_id, charge);
    if (!slice_is_none(webhook_event_id))
        batch_add(batch, SQL(finish_webhook, .id = webhook_event_id, .verdict = SLICE("applied")));
    if (charge->state == CHARGE_SUCCEEDED)
        batch_add(batch, SQL(issue_invoice, .id = uuid_new(w->arena), .payment_id = payment_id));
    return batch_run(batch) ? JOB_DONE : JOB_RETRY;
}

enum job_outcome payment_end(struct work *w, struct slice payment_id, const char *status, struct slice failure_code, struct slice kind)
{
    const struct charge charge = { .failure_code = failure_code, .decline_kind = kind };
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_payment, .payment_id = payment_id));
    add_end(batch, payment_id, status, &charge);
    return batch_run(batch) ? JOB_DONE : JOB_RETRY;
}

enum job_outcome payment_give_up(struct work *w, const struct provider *provider, const struct row *payment)
{
    struct charge charge;
    if (provider->payment_cancel(w, row_text(payment, "provider_reference"), &charge) != PROVIDER_OK)
        return JOB_RETRY;
    return charge.state == CHARGE_PENDING || charge.state == CHARGE_REQUIRES_ACTION
               ? JOB_RETRY
               : payment_settle(w, provider, payment, &charge, SLICE_NONE);
}

enum provider_outcome payment_ask(struct work *w, const struct provider *provider, const struct row *payment, struct charge *out)
{
    struct slice reference = row_text(payment, "provider_reference");
    return slice_is_none(reference) ? provider->payment_find(w, row_text(payment, "id"), out) : provider->payment_get(w, reference, out);
}

bool provider_email(struct work *w, const struct provider *provider, struct slice customer_id, struct slice *email)
{
    *email = SLICE_NONE;
    if (!provider->wants_email)
        return true;
    const struct slice *party = service_call(w, "crm", "GET", arena_printf(w->arena, "/internal/customers/%.*s/party", SLICE_FMT(customer_id)), SLICE_NONE);
    if (party)
        *email = json_member_text(json_parse(w->arena, *party, NULL, NULL), "email");
    return !slice_is_none(*email);
}

enum provider_outcome provider_customer_ensure(struct work *w, const struct provider *provider, struct slice customer_id,
                                               struct slice known, struct slice *reference)
{
    struct slice made, email;
    *reference = known;
    if (!slice_is_none(known))
        return PROVIDER_OK;
    if (!provider_email(w, provider, customer_id, &email))
        return PROVIDER_RETRYABLE;
    enum provider_outcome outcome = provider->customer_create(w, customer_id, email, &made);
    if (outcome != PROVIDER_OK)
        return PROVIDER_RETRYABLE;   /* the same key makes the same customer */
    const struct row *row = db_one(w, SQL(note_provider_customer, .customer_id = customer_id,
                                          .provider = slice_from_text(provider->name), .reference = made));
    if (!row)
        return PROVIDER_RETRYABLE;
    *reference = row_text(row, "reference");
    return PROVIDER_OK;
}
