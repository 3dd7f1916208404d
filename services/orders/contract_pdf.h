/* A contract's text as PDF: the text, the record of its acceptance, and at the foot of each page the digest of the text and the page. The same
 * text and record give the same bytes. */
#ifndef CUOTAS_ORDERS_CONTRACT_PDF_H
#define CUOTAS_ORDERS_CONTRACT_PDF_H

#include "base/result.h"
#include "base/work.h"
#include "contract_text.h"

/* None with the failure recorded. Drawn on a pool thread. */
SUSPENDS struct slice contract_pdf(struct work *w, struct slice text, const struct contract_evidence *evidence);

#endif
