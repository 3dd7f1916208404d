/* Asks the provider about a payment that is still undecided: no event came, or the charge's answer was lost, or the customer has not
 * authenticated it for a day, as far as we were told. Never charges. What the provider does not know was never charged. Suspends throughout. */
#include "billing/settle.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

enum job_outcome job_resolve_payment(struct work *w, const struct job *job)
{
    struct charge charge;
    const struct row *payment = db_maybe(w, SQL(get_charge, .payment_id = job_text(w, job, "payment_id")));
    if (!payment)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    struct slice status = row_text(payment, "status");
    const struct provider *provider = provider_find(row_text(payment, "provider"));
    bool waiting = slice_equals_text(status, "requires_action");
    if (!waiting && !slice_equals_text(status, "processing") && !slice_equals_text(status, "unknown"))
        return JOB_DONE;
    if (!provider)
        return JOB_RETRY;   /* it is not set up here */
    switch (payment_ask(w, provider, payment, &charge)) {
    case PROVIDER_OK:
        if (waiting && charge.state == CHARGE_REQUIRES_ACTION)
            return JOB_DONE;   /* asked again tomorrow */
        return charge.state == CHARGE_PENDING ? JOB_RETRY : payment_settle(w, provider, payment, &charge, SLICE_NONE);
    case PROVIDER_NOT_FOUND:
        return payment_end(w, row_text(payment, "id"), "failed", SLICE("provider_unavailable"), SLICE("soft"));
    case PROVIDER_RETRYABLE:
    case PROVIDER_UNKNOWN:
    case PROVIDER_REFUSED:
        break;
    }
    return JOB_RETRY;
}
