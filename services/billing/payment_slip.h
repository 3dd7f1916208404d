/* What an order's next payment is paid by, past every provider: a slip for a bank's counter or a transfer, and Pix. */
#ifndef CUOTAS_BILLING_PAYMENT_SLIP_H
#define CUOTAS_BILLING_PAYMENT_SLIP_H

#include "base/result.h"
#include "base/work.h"

/* MERCHANT_BANK_ACCOUNT, MERCHANT_GLN, PIX_KEY, PIX_CITY. */
void payment_slip_configure(void);
/* The API's PaymentSlip, as JSON; none with the failure recorded. has_through: all that is owed up to that installment. Suspends in one statement,
 * and in fetching what orders has committed when the order is not known yet. */
SUSPENDS struct slice payment_slip(struct work *w, struct slice order_id, bool has_through, int64_t through);
/* Printed, in Spanish or English; none with the failure recorded. Suspends as pdf_make does. */
SUSPENDS struct slice payment_slip_pdf(struct work *w, struct slice slip, bool spanish);

#endif
