/* A statement of account as a document. */
#ifndef CUOTAS_BILLING_STATEMENT_PDF_H
#define CUOTAS_BILLING_STATEMENT_PDF_H

#include "base/result.h"
#include "base/work.h"

/* body: the statement as get_statement.sql makes it. None with the failure recorded. Suspends while it is drawn. */
SUSPENDS struct slice statement_pdf(struct work *w, struct slice body, bool spanish);

#endif
