/* Acts on a kept event of a provider. Events come late, twice and in any order: each is the provider's word at its time, and
 * the states decide whether it still says something new. What is not about anything of ours is ignored. Suspends throughout. */
#include "base/log.h"
#include "base/uuid.h"
#include "billing/methods.h"
#include "billing/settle.h"
#include "bus/events.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

#define LOST_AFTER 3   /* times that a refund's row is looked for */

/* Ids from outside may be anything. */
static struct slice uuid_or_none(struct slice text)
{
    return !slice_is_none(text) && uuid_valid(text) ? text : SLICE_NONE;
}

/* Done with it without an effect: ignored, or refused because it contradicts what it is about (settle.c has said so in the log). */
static SUSPENDS enum job_outcome leave(struct work *w, struct slice webhook_event_id, const struct provider_event *event, const char *verdict)
{
    log_info("webhook left alone", LOG_TEXT("verdict", verdict), LOG_SLICE("type", event->type), LOG_SLICE("event", event->id));
    return db_run(w, SQL(finish_webhook, .id = webhook_event_id, .verdict = slice_from_text(verdict))) ? JOB_DONE : JOB_RETRY;
}

static SUSPENDS enum job_outcome ignore(struct work *w, struct slice webhook_event_id, const struct provider_event *event)
{
    return leave(w, webhook_event_id, event, "ignored");
}

/* Money for a payment of ours that we do not know: a restore undid it. Taken in when its order is known; else, as when the order was undone
 * too, or the provider's account is shared with somebody, it is for an operator to give back. NULL: not taken in, or w->failure. */
static SUSPENDS const struct row *adopt(struct work *w, const struct provider *provider, const struct charge *charge)
{
    struct slice payment_id = uuid_or_none(charge->payment_id), order_id = uuid_or_none(charge->order_id);
    if (slice_is_none(payment_id) || slice_is_none(order_id) || charge->state != CHARGE_SUCCEEDED || !bus_catch_up(w, "orders", NULL))
        return NULL;
    const struct row *payment = db_maybe(w, SQL(adopt_payment, .payment_id = payment_id, .order_id = order_id,
                                                .amount = work_int(w, charge->received), .currency = charge->currency,
                                                .provider = slice_from_text(provider->name), .provider_reference = charge->reference,
                                                .token = slice_is_none(charge->method.token) ? SLICE("unknown") : charge->method.token));
    if (payment)
        log_warn("a payment we had no row of was taken in", LOG_SLICE("payment_id", payment_id), LOG_SLICE("order_id", order_id));
    else if (!work_failed(w))
        log_error("the provider took money for an order that is not here", LOG_SLICE("payment_id", payment_id), LOG_SLICE("order_id", order_id),
                  LOG_SLICE("reference", charge->reference), LOG_INT("amount", charge->received), LOG_SLICE("currency", charge->currency));
    return payment;
}

/* Where refunds have no events of their own: what a person gave back at the provider's site is only in what the payment says. False with w->failure. */
static SUSPENDS bool refunds_known(struct work *w, const struct row *payment, const struct charge *charge)
{
    if (charge->refunded == 0)
        return true;
    const struct row *known = db_one(w, SQL(refunds_known, .payment_id = row_text(payment, "id")));
    if (known && charge->refunded > row_int(known, "amount"))
        log_error("money went back that is in no book, and was not sent from here: given back here as well, the same is taken for it", LOG_SLICE("payment_id", row_text(payment, "id")),
                  LOG_SLICE("payment_reference", charge->reference), LOG_INT("amount", charge->refunded - row_int(known, "amount")), LOG_SLICE("currency", charge->currency));
    return known != NULL;
}

static SUSPENDS enum job_outcome on_payment(struct work *w, const struct provider *provider, struct provider_event *event, struct slice id)
{
    const struct row *payment = db_maybe(w, SQL(find_payment, .provider = slice_from_text(provider->name),
                                                .payment_id = uuid_or_none(event->charge.payment_id),
                                                .provider_reference = event->charge.reference));
    if (!payment && !work_failed(w))
        payment = adopt(w, provider, &event->charge);
    if (!payment)
        return work_failed(w) ? JOB_RETRY : ignore(w, id, event);
    if (!refunds_known(w, payment, &event->charge))
        return JOB_RETRY;
    enum job_outcome outcome = payment_settle(w, provider, payment, &event->charge, id);
    return outcome == JOB_DEAD ? leave(w, id, event, "refused") : outcome;
}

/* Money went back for something that a restore undid, or by another hand. Nobody but an operator can say what for. */
static SUSPENDS enum job_outcome on_lost_refund(struct work *w, const struct job *job, struct provider_event *event, struct slice payment_id)
{
    const struct refund *refund = &event->refund;
    bool ours = !slice_is_none(uuid_or_none(refund->refund_id));
    struct slice id = job_text(w, job, "webhook_event_id");
    if (refund->state != REFUND_SUCCEEDED || (!ours && slice_is_none(payment_id)))
        return ignore(w, id, event);
    if (ours && job->attempt < LOST_AFTER)
        return JOB_RETRY;   /* the payment may be taken in beside this, and the refund be made again with it */
    log_error(ours ? "money went back that is in no book: when its order is here, the change that gave it back is to be made again"
                   : "money went back that is in no book, and was not sent from here",
              LOG_SLICE("refund_id", refund->refund_id), LOG_SLICE("payment_id", payment_id), LOG_SLICE("reference", refund->reference),
              LOG_SLICE("payment_reference", refund->payment_reference), LOG_INT("amount", refund->amount), LOG_SLICE("currency", refund->currency));
    return ignore(w, id, event);
}

static SUSPENDS enum job_outcome on_refund(struct work *w, const struct provider *provider, const struct job *job, struct provider_event *event)
{
    const struct refund *refund = &event->refund;
    struct slice id = job_text(w, job, "webhook_event_id");
    if (refund->state == REFUND_PENDING)
        return ignore(w, id, event);
    const struct row *row = db_one(w, SQL(find_refund, .provider = slice_from_text(provider->name), .refund_id = uuid_or_none(refund->refund_id),
                                          .provider_reference = refund->reference, .payment_reference = refund->payment_reference));
    if (!row)
        return JOB_RETRY;
    struct slice refund_id = row_text(row, "id");
    if (slice_is_none(refund_id))
        return on_lost_refund(w, job, event, row_text(row, "payment_id"));
    bool sent_as_this = slice_equals(refund->refund_id, refund_id);   /* else the row has taken it: by its reference alone */
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_refund, .id = refund_id));
    batch_add(batch, SQL(settle_refund, .id = refund_id, .attempt = sent_as_this ? work_int(w, refund->attempt) : SLICE_NONE,
                         .status = refund->state == REFUND_SUCCEEDED ? SLICE("succeeded") : SLICE("failed"),
                         .provider_reference = refund->reference, .failure_code = refund->failure_code));
    batch_add(batch, SQL(finish_webhook, .id = id, .verdict = SLICE("applied")));
    return batch_run(batch) ? JOB_DONE : JOB_RETRY;
}

static SUSPENDS enum job_outcome on_setup(struct work *w, const struct provider *provider, struct provider_event *event, struct slice id)
{
    struct slice method_id = uuid_or_none(event->setup.method_id);
    const struct row *row = slice_is_none(method_id) ? NULL : db_maybe(w, SQL(get_setup, .id = method_id));
    if (!row)
        return work_failed(w) ? JOB_RETRY : ignore(w, id, event);
    return method_settle(w, provider, row, &event->setup, id);
}

static struct slice number_or_none(struct work *w, int64_t value)
{
    return value > 0 && value <= 9999 ? work_int(w, value) : SLICE_NONE;
}

/* A kept method is another now. The provider is asked what it is like: of two such events the later one may come first. */
static SUSPENDS enum job_outcome on_method(struct work *w, const struct provider *provider, struct provider_event *event, struct slice id)
{
    struct method now;
    switch (provider->method_get(w, event->method.token, &now)) {
    case PROVIDER_OK:
        break;
    case PROVIDER_NOT_FOUND:
    case PROVIDER_REFUSED:
        return ignore(w, id, event);
    case PROVIDER_RETRYABLE:
    case PROVIDER_UNKNOWN:
        return JOB_RETRY;
    }
    const struct row *row = db_one(w, SQL(renew_method, .provider = slice_from_text(provider->name), .token = now.token, .brand = now.brand, .last4 = now.last4,
                                          .exp_month = number_or_none(w, now.exp_month), .exp_year = number_or_none(w, now.exp_year)));
    if (!row)
        return JOB_RETRY;
    if (!row_bool(row, "known"))
        return ignore(w, id, event);
    return db_run(w, SQL(finish_webhook, .id = id, .verdict = SLICE("applied"))) ? JOB_DONE : JOB_RETRY;
}

static SUSPENDS enum job_outcome dispute_settle(struct work *w, const struct provider *provider, const struct row *payment, const struct dispute *dispute, struct slice id)
{
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_payment, .payment_id = row_text(payment, "id")));
    batch_add(batch, SQL(lock_credit, .payment_id = row_text(payment, "id")));
    batch_add(batch, SQL(settle_dispute, .provider = slice_from_text(provider->name), .provider_reference = dispute->reference, .payment_id = row_text(payment, "id"),
                         .amount = work_int(w, dispute->amount), .reason = dispute->reason, .inquiry = dispute->inquiry ? SLICE("true") : SLICE("false"),
                         .status = dispute->status, .fee = work_int(w, dispute->fee), .transactions = work_int(w, dispute->transactions),
                         .evidence_due_at = dispute->evidence_due_s > 0 ? work_time(w, dispute->evidence_due_s * 1000000) : SLICE_NONE));
    batch_add(batch, SQL(finish_webhook, .id = id, .verdict = SLICE("applied")));
    return batch_run(batch) ? JOB_DONE : JOB_RETRY;
}

/* A dispute may be told of before the payment's own word has been acted on: it waits for it. */
static SUSPENDS enum job_outcome on_dispute(struct work *w, const struct provider *provider, const struct job *job, struct provider_event *event)
{
    const struct dispute *dispute = &event->dispute;
    struct slice id = job_text(w, job, "webhook_event_id");
    const struct row *payment = db_maybe(w, SQL(find_disputed, .provider = slice_from_text(provider->name), .payment_reference = dispute->payment_reference));
    if (work_failed(w) || (!payment && job->attempt < LOST_AFTER) || (payment && !slice_equals_text(row_text(payment, "status"), "succeeded")))
        return JOB_RETRY;
    if (payment && slice_equals(dispute->currency, row_text(payment, "currency")))
        return dispute_settle(w, provider, payment, dispute, id);
    log_error(payment ? "a payment is disputed in another currency than it was made in" : "a payment is disputed that is in no book",
              LOG_SLICE("reference", dispute->reference), LOG_SLICE("payment_reference", dispute->payment_reference), LOG_INT("amount", dispute->amount),
              LOG_SLICE("currency", dispute->currency));
    return leave(w, id, event, payment ? "refused" : "ignored");
}

/* False with the job's end: what the event names is not known, now or at all. */
static SUSPENDS bool asked_for(struct work *w, const struct provider *provider, const struct job *job, struct provider_event *event, enum job_outcome *outcome)
{
    if (!event->named)
        return true;
    enum provider_outcome asked = provider->event_ask(w, event);
    bool unknown = asked == PROVIDER_NOT_FOUND || asked == PROVIDER_REFUSED;
    *outcome = JOB_RETRY;
    if (unknown && job->attempt >= LOST_AFTER)
        *outcome = ignore(w, job_text(w, job, "webhook_event_id"), event);
    return asked == PROVIDER_OK;
}

enum job_outcome job_process_webhook(struct work *w, const struct job *job)
{
    struct slice id = job_text(w, job, "webhook_event_id");
    struct provider_event event;
    enum job_outcome outcome;
    const struct row *kept = db_maybe(w, SQL(get_webhook, .id = id));
    if (!kept)
        return work_failed(w) ? JOB_RETRY : JOB_DONE;
    const struct provider *provider = provider_find(row_text(kept, "provider"));
    if (!provider)
        return JOB_RETRY;   /* it is not set up here */
    if (!provider->webhook_parse(w, row_text(kept, "payload"), &event))
        return JOB_DEAD;
    if (!asked_for(w, provider, job, &event, &outcome))
        return outcome;
    switch (event.kind) {
    case EVENT_PAYMENT:
        return on_payment(w, provider, &event, id);
    case EVENT_REFUND:
        return on_refund(w, provider, job, &event);
    case EVENT_SETUP:
        return on_setup(w, provider, &event, id);
    case EVENT_DISPUTE:
        return on_dispute(w, provider, job, &event);
    case EVENT_METHOD:
        return on_method(w, provider, &event, id);
    case EVENT_OTHER:
        break;
    }
    return ignore(w, id, &event);
}
