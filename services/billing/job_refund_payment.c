/* Gives money back that nothing is owed for. The refund's id follows from the payment's, and is the key, so repeating it soon is one refund;
 * a provider forgets keys after a day or so, and a restored database what it sent: the provider is asked for the refund before anything is
 * sent. One that failed is sent again when somebody of the shop asks for it, as another attempt under a key of its own. What it gave back for a change that a restore has undone is in no book: when the change is made again, that refund is taken as this one,
 * by one row only (refund_of_provider), and nothing is sent; so is, at a provider whose refunds carry no id of ours, any that no row has: never twice. One that it takes its time for is settled by its event, or by the day's close that has
 * it asked about again. One it refuses stays the customer's credit, and an operator is told. Suspends throughout. */
#include "base/log.h"
#include "base/uuid.h"
#include "billing/settle.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "wire/json.h"
#include "wire/json_write.h"

#define BY_HAND "by_hand"   /* the money came past every provider: an operator pays it out */

static SUSPENDS enum job_outcome settle(struct work *w, const struct row *row, const char *status, const struct refund *refund)
{
    if (strcmp(status, "failed") == 0 && !slice_equals_text(refund->failure_code, BY_HAND))
        log_error("a refund failed: the money is the customer's and still here", LOG_SLICE("refund_id", row_text(row, "id")),
                  LOG_SLICE("payment_id", row_text(row, "payment_id")));
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_refund, .id = row_text(row, "id")));
    batch_add(batch, SQL(settle_refund, .id = row_text(row, "id"), .attempt = row_text(row, "attempt"), .status = slice_from_text(status),
                         .provider_reference = refund->reference, .failure_code = refund->failure_code));
    if (!batch_run(batch))
        return JOB_RETRY;
    if (!slice_is_none(refund->refund_id) && !slice_equals(refund->refund_id, row_text(row, "id")))
        log_warn("a refund that was in no book is this one", LOG_SLICE("refund_id", row_text(row, "id")),
                 LOG_SLICE("reference", refund->reference), LOG_SLICE("sent_as", refund->refund_id));
    return JOB_DONE;
}

struct refunds {
    struct refund *all;
    size_t count;
};

/* This attempt, by the id we gave it, or as the one that was taken before. NULL: it was not sent yet, as far as the provider knows. */
static const struct refund *find_own(const struct row *row, const struct refunds *made)
{
    struct slice id = row_text(row, "id"), reference = row_text(row, "provider_reference");
    for (size_t i = 0; i < made->count; i++)
        if ((slice_equals(made->all[i].refund_id, id) && made->all[i].attempt == row_int(row, "attempt")) || (!slice_is_none(reference) && slice_equals(made->all[i].reference, reference)))
            return &made->all[i];
    return NULL;
}

static bool may_be_lost(const struct provider *provider, const struct row *row, const struct refund *refund)
{
    bool ours = slice_is_none(refund->refund_id) ? provider->unmarked_refunds : uuid_valid(refund->refund_id);
    return refund->state != REFUND_FAILED && ours &&
           refund->amount == row_int(row, "amount") && slice_equals(refund->currency, row_text(row, "currency"));
}

/* One in no book that gave back the same. NULL: there is none, as nearly always without a question to the database, or w->failure. */
static SUSPENDS const struct refund *find_lost(struct work *w, const struct provider *provider, const struct row *row, const struct refunds *made)
{
    size_t possible = 0;
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < made->count; i++) {
        if (!may_be_lost(provider, row, &made->all[i]))
            continue;
        json_begin(&out, NULL, '{');
        json_put_text(&out, "id", made->all[i].refund_id);
        json_put_text(&out, "reference", made->all[i].reference);
        json_end(&out, '}');
        possible++;
    }
    json_end(&out, ']');
    struct slice refunds = json_done(&out);
    const struct row *found = possible ? db_maybe(w, SQL(find_lost_refund, .payment_id = row_text(row, "payment_id"), .refunds = refunds)) : NULL;
    for (size_t i = 0; found && i < made->count; i++)
        if (slice_equals(made->all[i].reference, row_text(found, "reference")))
            return &made->all[i];
    return NULL;
}

static SUSPENDS bool ask(struct work *w, const struct provider *provider, struct slice payment, struct refunds *made)
{
    enum provider_outcome asked = provider->refunds_of(w, payment, &made->all, &made->count);
    return asked == PROVIDER_OK || asked == PROVIDER_NOT_FOUND;
}

/* A refusal is believed when the provider still has no such refund: another run of this job may have sent it in the same moment, and nothing is left to give back. */
static SUSPENDS enum provider_outcome send_refund(struct work *w, const struct provider *provider, const struct row *row, struct refund *refund)
{
    struct slice payment = row_text(row, "payment_reference");
    enum provider_outcome sent = provider->refund(w, &(struct refund_request){ .refund_id = row_text(row, "id"), .attempt = row_int(row, "attempt"), .payment_reference = payment,
                                                                               .amount = row_int(row, "amount"), .currency = row_text(row, "currency") }, refund);
    if (sent != PROVIDER_REFUSED)
        return sent;
    struct refunds made = { 0 };
    if (!ask(w, provider, payment, &made))
        return PROVIDER_RETRYABLE;
    const struct refund *known = find_own(row, &made);
    if (!known)
        return PROVIDER_REFUSED;
    *refund = *known;
    return PROVIDER_OK;
}

static SUSPENDS enum provider_outcome ask_or_send(struct work *w, const struct provider *provider, const struct row *row, struct refund *refund)
{
    struct refunds made = { 0 };
    if (!ask(w, provider, row_text(row, "payment_reference"), &made))
        return PROVIDER_RETRYABLE;   /* the question was refused, not the refund */
    const struct refund *known = find_own(row, &made);
    if (!known)
        known = find_lost(w, provider, row, &made);
    if (work_failed(w))
        return PROVIDER_RETRYABLE;
    if (!known)
        return send_refund(w, provider, row, refund);
    *refund = *known;
    return PROVIDER_OK;
}

enum job_outcome job_refund_payment(struct work *w, const struct job *job)
{
    static const char *const words[] = { [REFUND_PENDING] = "pending", [REFUND_SUCCEEDED] = "succeeded", [REFUND_FAILED] = "failed" };
    struct refund refund = { 0 };
    const struct row *row = db_maybe(w, SQL(read_refund, .id = job_text(w, job, "refund_id")));
    if (!row)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    const struct provider *provider = provider_find(row_text(row, "provider"));
    if (!slice_equals_text(row_text(row, "status"), "pending"))
        return JOB_DONE;
    if (!provider && !row_bool(row, "by_hand"))
        return JOB_RETRY;   /* it is not set up here */
    if (!provider)
        return settle(w, row, "failed", &(struct refund){ .failure_code = SLICE(BY_HAND) });
    if (provider->unmarked_refunds && row_bool(row, "follows"))
        return JOB_RETRY;   /* which of the two the provider has made could not be told: one after the other */
    switch (ask_or_send(w, provider, row, &refund)) {
    case PROVIDER_OK:
        return settle(w, row, words[refund.state], &refund);
    case PROVIDER_REFUSED:
    case PROVIDER_NOT_FOUND:
        refund.failure_code = SLICE("refused");
        return settle(w, row, "failed", &refund);
    case PROVIDER_RETRYABLE:
    case PROVIDER_UNKNOWN:
        break;
    }
    return JOB_RETRY;
}
