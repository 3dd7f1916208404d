/* Keyset pages: a cursor is opaque to clients; inside it is base64url of the keyset's parts joined with '|', made in SQL by
 * cuotas_cursor(). */
#ifndef CUOTAS_SERVICE_PAGE_H
#define CUOTAS_SERVICE_PAGE_H

#include "base/work.h"

/* Splits a cursor into exactly `count` parts (the last may contain '|'). No cursor: all parts none, true. A cursor that
 * was not made by us: validation_failed at query:cursor, false. Values still have to be checked by SQL casts or the caller. */
bool page_cursor(struct work *w, struct slice cursor, struct slice *parts, size_t count);

#endif
