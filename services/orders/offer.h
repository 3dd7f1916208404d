/* A plan of the shop applied to an amount: what an offer shows and an order agrees to. */
#ifndef CUOTAS_ORDERS_OFFER_H
#define CUOTAS_ORDERS_OFFER_H

#include "base/work.h"
#include "db/db.h"
#include "plan.h"

struct offer {
    struct plan_terms terms;
    struct plan_schedule schedule;   /* rows in the arena */
    int64_t total_payable;           /* deposit and all installments */
};

/* `row` has the plan's columns as list_plans and get_checkout select them. Starts today by the merchant's calendar. NULL, without a
 * failure, when the plan is not for this amount: outside its limits, or so small that an installment would be nothing. */
const struct offer *offer_make(struct work *w, const struct row *row, int64_t amount);
/* Of each installment but the one that takes the residual. */
int64_t offer_installment_amount(const struct offer *offer);

#endif
