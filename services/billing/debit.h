/* What becomes of a direct debit, each in one unit. */
#ifndef CUOTAS_BILLING_DEBIT_H
#define CUOTAS_BILLING_DEBIT_H

#include "bus/job.h"
#include "db/db.h"

struct debit_credit {
    struct slice debit_id;
    struct slice line_id;       /* the bank's line that brought it; none: somebody said that its batch was credited */
    struct slice received_on;
    struct slice by;
};
/* The bank has credited it: recorded once as received by direct debit, for its order, or unapplied when that takes no money any more. What was decided already stays so. Suspends. */
SUSPENDS enum job_outcome debit_collect(struct work *w, const struct debit_credit *credit);
/* The same, because somebody says so of the line. The row has `body`, the line as it is then; NULL with the failure recorded. Suspends. */
SUSPENDS const struct row *debit_match(struct work *w, const struct debit_credit *credit);

struct debit_return {
    struct slice debit_id;
    struct slice line_id;   /* the bank's line that says so; none: somebody does */
    struct slice code;      /* ISO 20022 */
    struct slice by;
};
/* It was returned, or never taken. What it had become is reversed, so that what it had paid is owed again, and what had gone of it is lost. The row has `body`, the debit as it is then; returned before, it stays as it was.
 * NULL with the failure recorded: not_found, batch_decided; unavailable, when the credit that came before waits to be recorded. Suspends. */
SUSPENDS const struct row *debit_take_back(struct work *w, const struct debit_return *back);

#endif
