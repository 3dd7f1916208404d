/* Keeps the method a payment was made with, as its owner asked: the provider has already attached it to its customer. Suspends. */
#include "base/uuid.h"
#include "billing/settle.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

enum job_outcome job_keep_method(struct work *w, const struct job *job)
{
    struct method method;
    const struct row *payment = db_maybe(w, SQL(get_charge, .payment_id = job_text(w, job, "payment_id")));
    if (!payment)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    const struct provider *provider = provider_find(row_text(payment, "provider"));
    if (!provider)
        return JOB_RETRY;   /* it is not set up here */
    switch (provider->method_get(w, job_text(w, job, "token"), &method)) {
    case PROVIDER_OK:
        break;
    case PROVIDER_NOT_FOUND:
    case PROVIDER_REFUSED:
        return JOB_DEAD;
    case PROVIDER_RETRYABLE:
    case PROVIDER_UNKNOWN:
        return JOB_RETRY;
    }
    return db_run(w, SQL(save_method, .id = uuid_new(w->arena), .payment_id = row_text(payment, "id"), .customer_id = row_text(payment, "customer_id"),
                         .provider = row_text(payment, "provider"), .provider_customer = row_text(payment, "customer_reference"),
                         .token = method.token, .brand = method.brand, .last4 = method.last4,
                         .exp_month = method.exp_month > 0 ? work_int(w, method.exp_month) : SLICE_NONE,
                         .exp_year = method.exp_year > 0 ? work_int(w, method.exp_year) : SLICE_NONE)) ? JOB_DONE : JOB_RETRY;
}
