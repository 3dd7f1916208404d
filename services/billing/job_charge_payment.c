/* Charges a payment at its provider. The key of the charge is the payment's id, so however often this runs, and wherever a run
 * was cut off, there is one charge. A run that may not be the first asks the provider before it sends anything. Older payments of the
 * order that wait for their customer are given up before: one of two may take money. A charge that was taken stays processing: the
 * provider's signed event completes it. Suspends throughout. */
#include "base/log.h"
#include "billing/billing_metrics.h"
#include "billing/settle.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

static bool undecided(const struct row *payment)
{
    struct slice status = row_text(payment, "status");
    return slice_equals_text(status, "processing") || slice_equals_text(status, "unknown");
}

/* What was sent is settled by asking; true: nothing was, go on. *outcome is the job's end otherwise. */
static SUSPENDS bool nothing_sent(struct work *w, const struct provider *provider, const struct row *payment, const struct job *job,
                                  enum job_outcome *outcome)
{
    struct charge charge;
    if (job->attempt == 1 && !slice_equals_text(row_text(payment, "status"), "unknown"))
        return true;
    switch (payment_ask(w, provider, payment, &charge)) {
    case PROVIDER_NOT_FOUND:
        return true;
    case PROVIDER_OK:
        /* Pending: its event, or the job that asks, will tell. */
        *outcome = charge.state == CHARGE_PENDING
                       ? (db_run(w, SQL(note_charge, .payment_id = row_text(payment, "id"), .provider_reference = charge.reference,
                                        .brand = charge.method.brand, .last4 = charge.method.last4)) ? JOB_DONE : JOB_RETRY)
                       : payment_settle(w, provider, payment, &charge, SLICE_NONE);
        return false;
    case PROVIDER_RETRYABLE:
    case PROVIDER_UNKNOWN:
    case PROVIDER_REFUSED:
        break;
    }
    *outcome = JOB_RETRY;
    return false;
}

/* False: not all of them yet. */
static SUSPENDS bool overtaken_given_up(struct work *w, const struct row *payment)
{
    const struct rows *others = db_all(w, SQL(list_overtaken, .order_id = row_text(payment, "order_id"), .payment_id = row_text(payment, "id")));
    for (size_t i = 0; others && i < rows_count(others); i++) {
        const struct provider *provider = provider_find(row_text(rows_at(others, i), "provider"));
        if (!provider || payment_give_up(w, provider, rows_at(others, i)) != JOB_DONE)
            return false;
    }
    return others != NULL;
}

static SUSPENDS const struct row *read_charge(struct work *w, const struct job *job)
{
    return db_maybe(w, SQL(get_charge, .payment_id = job_text(w, job, "payment_id"), .paid = job_text(w, job, "paid")));
}

static SUSPENDS enum provider_outcome send_charge(struct work *w, const struct provider *provider, const struct row *payment, struct charge *charge)
{
    bool save = row_bool(payment, "save"), saved = !slice_is_none(row_text(payment, "saved_token"));
    struct charge_request rq = {
        .payment_id = row_text(payment, "id"),
        .order_id = row_text(payment, "order_id"),
        .token = saved ? row_text(payment, "saved_token") : row_text(payment, "token"),
        .customer = saved ? row_text(payment, "saved_customer") : SLICE_NONE,
        .amount = row_int(payment, "amount"),
        .currency = row_text(payment, "currency"),
        .save = save && !saved,
    };
    if (!provider_email(w, provider, row_text(payment, "customer_id"), &rq.email))
        return PROVIDER_RETRYABLE;
    if (rq.save) {
        enum provider_outcome outcome = provider_customer_ensure(w, provider, row_text(payment, "customer_id"),
                                                                 row_text(payment, "customer_reference"), &rq.customer);
        charge->unsent = outcome == PROVIDER_RETRYABLE;
        if (outcome != PROVIDER_OK)
            return outcome;
    }
    bool away = slice_equals_text(row_text(payment, "source"), "autopay");
    enum provider_outcome outcome = away ? provider->charge_saved(w, &rq, charge) : provider->charge(w, &rq, charge);
    metric_payment_attempt(provider, outcome, charge);
    return outcome;
}

static SUSPENDS enum job_outcome record(struct work *w, const struct provider *provider, const struct row *payment, enum provider_outcome outcome,
                                        struct charge *charge)
{
    struct slice id = row_text(payment, "id");
    switch (outcome) {
    case PROVIDER_OK:
        if (charge->state != CHARGE_SUCCEEDED && charge->state != CHARGE_PENDING)
            return payment_settle(w, provider, payment, charge, SLICE_NONE);
        return db_run(w, SQL(note_charge, .payment_id = id, .provider_reference = charge->reference, .brand = charge->method.brand,
                             .last4 = charge->method.last4)) ? JOB_DONE : JOB_RETRY;
    case PROVIDER_UNKNOWN:
        (void)!db_run(w, SQL(note_unknown, .payment_id = id));
        return JOB_RETRY;
    case PROVIDER_REFUSED:
    case PROVIDER_NOT_FOUND:
        return charge->unfit ? payment_end(w, id, "failed", SLICE("processing_error"), SLICE("soft"))
                             : payment_end(w, id, "failed", SLICE("invalid_payment_method"), SLICE("hard"));
    case PROVIDER_RETRYABLE:
        break;
    }
    return JOB_RETRY;
}

/* To another provider only where no charge can be on its way to this one: the first run, which could not reach it, and which nobody has taken for dead.
 * The next run goes there. */
static SUSPENDS void fail_over(struct work *w, const struct job *job, const struct row *payment)
{
    const struct row *moved = db_maybe(w, SQL(fail_over, .payment_id = row_text(payment, "id"), .job_id = job->id));
    if (moved)
        log_warn("a charge goes to another provider", LOG_SLICE("payment_id", row_text(payment, "id")), LOG_SLICE("from", row_text(payment, "provider")),
                 LOG_SLICE("to", row_text(moved, "provider")));
}

enum job_outcome job_charge_payment(struct work *w, const struct job *job)
{
    enum job_outcome outcome;
    struct charge charge = { 0 };
    const struct row *payment = read_charge(w, job);
    if (!payment)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    const struct provider *provider = provider_find(row_text(payment, "provider"));
    if (!undecided(payment))
        return JOB_DONE;
    if (!provider)
        return JOB_RETRY;   /* it is not set up here */
    if (!nothing_sent(w, provider, payment, job, &outcome))
        return outcome;
    if (row_bool(payment, "overtakes") && (!overtaken_given_up(w, payment) || !(payment = read_charge(w, job))))
        return JOB_RETRY;
    if (!row_bool(payment, "still_owed"))
        return payment_end(w, row_text(payment, "id"), "canceled", SLICE("canceled"), SLICE_NONE);
    enum provider_outcome sent = send_charge(w, provider, payment, &charge);
    if (sent == PROVIDER_RETRYABLE && charge.unsent && job->attempt == 1 && slice_equals_text(row_text(payment, "status"), "processing"))
        fail_over(w, job, payment);
    return record(w, provider, payment, sent, &charge);
}
