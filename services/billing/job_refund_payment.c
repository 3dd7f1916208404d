/* Gives money back that nothing is owed for. The key is the refund's id: one refund, however often this runs. A refund the provider
 * takes its time for is settled by its event. One it refuses stays the customer's credit, and an operator is told. Suspends. */
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
    switch (provider->refund(w, row_text(row, "id"), row_text(row, "payment_reference"), row_int(row, "amount"),
                             row_text(row, "currency"), &refund)) {
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
    return JOB_RETRY;   /* the same key tells what became of it */
}
