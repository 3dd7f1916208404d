/* What an invoice, credit note or debit note says: made when it is first read, of the sale as it was told and of its parties as they are called then, and kept for
 * ever (invoice_document). Two who ask for the first time at once both make the same; the database keeps one, and both answer with that. */
#ifndef CUOTAS_BILLING_INVOICE_H
#define CUOTAS_BILLING_INVOICE_H

#include "base/result.h"
#include "base/work.h"

/* Seller and buyer as the API's InvoiceParty, and the buyer's language: es or en. False with the failure recorded. Suspends in a call to crm. */
struct invoice_parties {
    struct slice seller, buyer, locale;
};
SUSPENDS bool invoice_parties(struct work *w, struct slice customer_id, struct invoice_parties *out);

/* The API's InvoiceDocument, as JSON; none with the failure recorded. Suspends in statements, the first time in a call to crm. */
SUSPENDS struct slice invoice_document(struct work *w, struct slice id);

#endif
