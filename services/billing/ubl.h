/* An invoice, credit note or debit note as UBL 2.1 by the semantics of EN 16931 (CIUS of none): an Invoice (380, of a debit note 383) or a CreditNote (381). Pure:
 * the same document gives the same bytes. Installments are PaymentTerms with InstallmentDueDate, which EN 16931 does not have and lets stand beside its own. */
#ifndef CUOTAS_BILLING_UBL_H
#define CUOTAS_BILLING_UBL_H

#include "base/arena.h"

/* Of an InvoiceDocument of the API. */
struct slice ubl_document(struct arena *arena, struct slice document);

#endif
