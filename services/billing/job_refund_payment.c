/* Gives money back that nothing is owed for. The refund's id follows from the payment's, and is the key, so repeating it soon is one refund;
 * a provider forgets keys after a day or so, and a restored database what it sent: the provider is asked for the refund before anything is
 * sent. One that it takes its time for is settled by its event, or by the day's close that has it asked about again. One it refuses stays the
 * customer's credit, and an operator is told. Suspends throughout. */
#include "base/log.h"
#include "billing/settle.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

static SUSPENDS enum job_outcome settle(struct work *w, const struct row *row, const char *status, const struct refund *refund)
{
    if (strcmp(status, "failed") == 0)
        log_error("a refund failed: the money is the customer's and still here", LOG_SLICE("refund_id", row_text(row, "id")),
                  LOG_SLICE("payment_id", row_text(row, "payment_id")));
    return db_run(w, SQL(settle_refund, .id = row_text(row, "id"), .status = slice_from_text(status),
                         .provider_reference = refund->reference, .failure_code = refund->failure_code)) ? JOB_DONE : JOB_RETRY;
}

static SUSPENDS enum provider_outcome ask_or_send(struct work *w, const struct provider *provider, const struct row *row, struct refund *refund)
{
    struct slice id = row_text(row, "id"), payment = row_text(row, "payment_reference");
    enum provider_outcome known = provider->refund_find(w, id, payment, refund);
    if (known != PROVIDER_NOT_FOUND)
        return known == PROVIDER_REFUSED ? PROVIDER_RETRYABLE : known;   /* the question was, not the refund */
    *refund = (struct refund){ 0 };   /* not another one's, that was looked at */
    return provider->refund(w, id, payment, row_int(row, "amount"), row_text(row, "currency"), refund);
}

enum job_outcome job_refund_payment(struct work *w, const struct job *job)
{
    struct refund refund = { 0 };
    const struct row *row = db_maybe(w, SQL(get_refund, .id = job_text(w, job, "refund_id")));
    if (!row)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    const struct provider *provider = provider_find(row_text(row, "provider"));
    if (!provider)
        return JOB_DEAD;
    if (!slice_equals_text(row_text(row, "status"), "pending"))
        return JOB_DONE;
    switch (ask_or_send(w, provider, row, &refund)) {
    case PROVIDER_OK:
        if (refund.state == REFUND_PENDING)
            return JOB_DONE;
        return settle(w, row, refund.state == REFUND_SUCCEEDED ? "succeeded" : "failed", &refund);
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
