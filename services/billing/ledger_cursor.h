/* Cursors of what walks the ledger's chains. */
#ifndef CUOTAS_BILLING_LEDGER_CURSOR_H
#define CUOTAS_BILLING_LEDGER_CURSOR_H

#include "base/work.h"

/* As page_cursor, with a lane first; another number is no cursor either. */
bool ledger_cursor(struct work *w, struct slice cursor, const char *kinds, struct slice *parts);

#endif
