/* Keyset pages: a cursor is opaque to clients; inside it is base64url of the keyset's parts joined with '|', made in SQL by
 * cuotas_cursor(). */
#ifndef CUOTAS_SERVICE_PAGE_H
#define CUOTAS_SERVICE_PAGE_H

#include "base/work.h"

/* Splits a cursor into its parts, one for each letter of `kinds`: 'u' a UUID, 'i' a whole number, 'n' a decimal
 * one, 'a' a time (RFC 3339), 'd' a date, 't' any text (last only: it may contain '|'). No cursor: all parts none, true. Anything that was not made that way: validation_failed at query:cursor,
 * false, so that a statement never sees it. */
bool page_cursor(struct work *w, struct slice cursor, const char *kinds, struct slice *parts);

#endif
