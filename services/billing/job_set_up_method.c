/* Sets a payment method up at its provider for charges without the customer. The key is our row's id: one set-up, however often this
 * runs. Suspends throughout. */
#include "billing/methods.h"
#include "billing/settle.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

static SUSPENDS enum provider_outcome set_up(struct work *w, const struct provider *provider, const struct row *row, struct setup *setup)
{
    struct setup_request rq = { .method_id = row_text(row, "id"), .token = row_text(row, "token") };
    enum provider_outcome outcome = provider_customer_ensure(w, provider, row_text(row, "customer_id"), row_text(row, "customer_reference"),
                                                             &rq.customer);
    if (outcome != PROVIDER_OK)
        return outcome;
    outcome = provider->setup(w, &rq, setup);
    setup->customer = rq.customer;
    return outcome;
}

enum job_outcome job_set_up_method(struct work *w, const struct job *job)
{
    struct setup setup = { 0 };
    const struct row *row = db_maybe(w, SQL(get_setup, .id = job_text(w, job, "payment_method_id")));
    if (!row)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    const struct provider *provider = provider_find(row_text(row, "provider"));
    if (!slice_equals_text(row_text(row, "status"), "processing"))
        return JOB_DONE;
    if (!provider)
        return JOB_RETRY;   /* it is not set up here */
    switch (set_up(w, provider, row, &setup)) {
    case PROVIDER_OK:
        return setup.state == CHARGE_PENDING ? JOB_RETRY : method_settle(w, provider, row, &setup, SLICE_NONE);
    case PROVIDER_REFUSED:
    case PROVIDER_NOT_FOUND:
        setup.state = CHARGE_FAILED;
        setup.failure_code = SLICE("invalid_payment_method");
        return method_settle(w, provider, row, &setup, SLICE_NONE);
    case PROVIDER_RETRYABLE:
    case PROVIDER_UNKNOWN:
        break;
    }
    return JOB_RETRY;
}
