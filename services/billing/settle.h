/* What a provider said about a payment becomes its state: the one place that does, whoever heard it (the charge itself, a
 * webhook, the repair job, a cancellation). */
#ifndef CUOTAS_BILLING_SETTLE_H
#define CUOTAS_BILLING_SETTLE_H

#include "billing/provider.h"
#include "bus/job.h"
#include "db/db.h"

/* payment: a row of get_charge or find_payment. One unit: the account locked, the state applied with everything that hangs on
 * it, and the webhook event (none: there is none) marked as applied. Repeating it has no further effect. JOB_RETRY when the
 * database is away; JOB_DEAD when the provider's word cannot be about this payment. */
SUSPENDS enum job_outcome payment_settle(struct work *w, const struct provider *provider, const struct row *payment, struct charge *charge,
                                         struct slice webhook_event_id);
/* Ends a payment that took no money. kind may be none. */
SUSPENDS enum job_outcome payment_end(struct work *w, struct slice payment_id, const char *status, struct slice failure_code, struct slice kind);
/* Cancels a payment that waits for its customer. When the customer was faster, the payment counts. JOB_RETRY: not known yet. */
SUSPENDS enum job_outcome payment_give_up(struct work *w, const struct provider *provider, const struct row *payment);
/* Asks the provider what became of a payment: by its reference, or by our id when none is known. */
SUSPENDS enum provider_outcome payment_ask(struct work *w, const struct provider *provider, const struct row *payment, struct charge *out);
/* The customer's mail address, where the provider wants it; none where it does not. False: not known now. */
SUSPENDS bool provider_email(struct work *w, const struct provider *provider, struct slice customer_id, struct slice *email);
/* The provider's id of a customer, made when there is none yet. known: from the row, may be none. */
SUSPENDS enum provider_outcome provider_customer_ensure(struct work *w, const struct provider *provider, struct slice customer_id,
                                                        struct slice known, struct slice *reference);

#endif
