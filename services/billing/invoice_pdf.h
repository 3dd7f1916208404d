/* An invoice, credit note or debit note on pages, in its own language, with the shop's logo and a QR code of what names it. */
#ifndef CUOTAS_BILLING_INVOICE_PDF_H
#define CUOTAS_BILLING_INVOICE_PDF_H

#include "base/result.h"
#include "base/work.h"

/* Reads the shop's logo (MERCHANT_LOGO), once at start. */
void invoice_pdf_configure(void);
/* Of an InvoiceDocument of the API; none with the failure recorded. Suspends while a pool thread draws. */
SUSPENDS struct slice invoice_pdf(struct work *w, struct slice document);

#endif
