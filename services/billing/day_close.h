/* What a new business day does to receivables. */
#ifndef CUOTAS_BILLING_DAY_CLOSE_H
#define CUOTAS_BILLING_DAY_CLOSE_H

#include "bus/job.h"

/* For struct service: due and overdue, interest earned, what being late costs, reminders, automatic payments, cards that end, undecided payments, in this order. */
SUSPENDS enum job_outcome billing_day_close(struct work *w, struct slice date);

#endif
