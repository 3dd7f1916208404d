/* Cancels a payment that waits for its customer's authentication when its order was given up. The provider decides: when the customer
 * was faster, the payment counts. Suspends throughout. */
#include "billing/settle.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

enum job_outcome job_cancel_payment(struct work *w, const struct job *job)
{
    const struct row *payment = db_maybe(w, SQL(get_charge, .payment_id = job_text(w, job, "payment_id")));
    if (!payment)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    const struct provider *provider = provider_find(row_text(payment, "provider"));
    if (!slice_equals_text(row_text(payment, "status"), "requires_action"))
        return JOB_DONE;
    if (!provider)
        return JOB_RETRY;   /* it is not set up here */
    return payment_give_up(w, provider, payment);
}
