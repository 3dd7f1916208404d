/* A method that was removed is given up at its provider, once nothing is being charged by it any more. One that the provider does not have any more is given up.
 * Suspends throughout. */
#include "billing/provider.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

enum job_outcome job_detach_method(struct work *w, const struct job *job)
{
    const struct row *row = db_maybe(w, SQL(get_detach, .id = job_text(w, job, "payment_method_id")));
    if (!row)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    const struct provider *provider = provider_find(row_text(row, "provider"));
    if (!provider)
        return JOB_RETRY;   /* it is not set up here */
    if (row_bool(row, "busy"))
        return JOB_RETRY;
    if (row_bool(row, "kept") || !provider->method_detach)
        return JOB_DONE;
    switch (provider->method_detach(w, row_text(row, "token"))) {
    case PROVIDER_OK:
    case PROVIDER_REFUSED:
    case PROVIDER_NOT_FOUND:
        return JOB_DONE;
    case PROVIDER_RETRYABLE:
    case PROVIDER_UNKNOWN:
        break;
    }
    return JOB_RETRY;
}
