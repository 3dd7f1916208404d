/* Money that came past every provider: in cash, by bank transfer, at a slip's counter. */
#ifndef CUOTAS_BILLING_MANUAL_PAYMENT_H
#define CUOTAS_BILLING_MANUAL_PAYMENT_H

#include "base/result.h"
#include "db/db.h"

struct manual_payment {
    struct slice id;            /* a new one; of the payment, too */
    struct slice order_id;      /* none: nobody knows yet whose it is */
    int64_t amount;
    struct slice currency, method, reference;
    struct slice received_on;   /* none: today */
    struct slice source;        /* what it was read from, recorded once; none: it was typed in */
    struct slice by;
};
/* Adds two statements to a unit: account and rows locked; then one that records it, with payment, allocations, postings and events. Its row has `body`; there is none when there is no
 * such order (nothing happened then). When it is refused the unit fails whole with that problem. */
void manual_payment_add(struct batch *batch, struct work *w, const struct manual_payment *payment);
/* What came, and was charged for being late, since the day that it came: NULL (with or without a failure) when nothing did, or when it cannot be told again. Suspends in one statement. */
SUSPENDS const struct rows *manual_payment_later(struct work *w, const struct manual_payment *payment);
/* In place of manual_payment_add, when there is something: the order is taken back to that day, the payment recorded, and what came later made again, in its order. The row with `body` is that of
 * statement MANUAL_PAYMENT_REPLAYED of what it adds. */
void manual_payment_replay(struct batch *batch, struct work *w, const struct manual_payment *payment, const struct rows *later);
#define MANUAL_PAYMENT_REPLAYED 3
/* The last of the unit, since all wait for its number: the invoice, when it was the order's first payment, or the first behind a deposit that has one of its own. */
void manual_payment_invoice(struct batch *batch, struct work *w, const struct manual_payment *payment);
/* Adds what one is locked by before money of it is taken back: itself, account and rows of its order, its customer's credit. */
void manual_payment_lock(struct batch *batch, struct slice id);
/* Adds the locks, and the statement that reverses it. The place of that one's row, with `body`: there is none when there is no such payment. */
size_t manual_payment_reverse(struct batch *batch, struct work *w, struct slice id, struct slice reason);
/* False, with the failure recorded: a day to come. */
bool received_on_check(struct work *w, struct slice received_on);

#endif
