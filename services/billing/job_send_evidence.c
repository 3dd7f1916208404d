/* Passes on what the shop answers a dispute with. Under a key of the dispute and the submission's number, so repeating it is one submission; its effect on the
 * dispute is told by the provider's events. Suspends throughout. */
#include "base/log.h"
#include "billing/provider.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

static SUSPENDS enum job_outcome note(struct work *w, const struct row *row, const char *status)
{
    return db_run(w, SQL(note_evidence, .id = row_text(row, "id"), .version = row_text(row, "evidence_version"), .status = slice_from_text(status)))
               ? JOB_DONE : JOB_RETRY;
}

enum job_outcome job_send_evidence(struct work *w, const struct job *job)
{
    const struct row *row = db_maybe(w, SQL(read_evidence, .id = job_text(w, job, "dispute_id"), .version = job_text(w, job, "version")));
    if (!row)
        return work_failed(w) ? JOB_RETRY : JOB_DONE;
    const struct provider *provider = provider_find(row_text(row, "provider"));
    if (!provider)
        return JOB_RETRY;   /* it is not set up here */
    if (!provider->dispute_answer)
        return JOB_DEAD;
    switch (provider->dispute_answer(w, row_text(row, "id"), row_text(row, "evidence_version"), row_text(row, "provider_reference"), row_text(row, "evidence"))) {
    case PROVIDER_OK:
        return note(w, row, "sent");
    case PROVIDER_REFUSED:
    case PROVIDER_NOT_FOUND:
        log_error("the provider refused the evidence of a dispute", LOG_SLICE("dispute_id", row_text(row, "id")));
        return note(w, row, "refused");
    case PROVIDER_RETRYABLE:
    case PROVIDER_UNKNOWN:
        break;
    }
    return JOB_RETRY;
}
