/* A bank's line becomes a payment: recorded once as received by bank transfer on the day the bank booked it; or as the direct debit that it is. */
#ifndef CUOTAS_BILLING_BANK_MATCH_H
#define CUOTAS_BILLING_BANK_MATCH_H

#include "db/db.h"

struct bank_match {
    struct slice line_id;
    struct slice order_id;   /* none: nobody knows whose it is, so it waits in suspense */
    bool automatic;          /* nobody decided: only what is not decided yet, and still owed */
    struct slice by;
};

/* One unit. The row has `body`, the line as it is then; a line that is matched with that order already is left as it is. NULL with the failure recorded:
 * not_found (line or order), bank_line_decided, line_of_direct_debit (another's), or why the payment was refused. Suspends. */
SUSPENDS const struct row *bank_match(struct work *w, const struct bank_match *match);

#endif
