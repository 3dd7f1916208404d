/* Charges an automatic payment, in its turn. It is a kind of job of its own so that a customer who pays does not wait behind a day's automatic payments. Suspends throughout. */
#include "billing/pace.h"
#include "gen/billing/api.h"

enum job_outcome job_charge_autopay(struct work *w, const struct job *job)
{
    const struct provider *provider = provider_find(job_text(w, job, "provider"));
    if (provider && !pace_wait(w, provider))
        return work_failed(w) ? JOB_RETRY : JOB_LATER;
    return job_charge_payment(w, job);
}
