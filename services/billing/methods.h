/* Keeping payment methods for charges without the customer. */
#ifndef CUOTAS_BILLING_METHODS_H
#define CUOTAS_BILLING_METHODS_H

#include "billing/provider.h"
#include "bus/job.h"
#include "db/db.h"

/* The provider's word on a method being set up (row: of get_setup) becomes its state, in one unit. */
SUSPENDS enum job_outcome method_settle(struct work *w, const struct provider *provider, const struct row *row, struct setup *setup,
                                        struct slice webhook_event_id);

#endif
