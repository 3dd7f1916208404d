/* If-Match on what counts its versions (x-version of the contracts, RFC 9110, 13.1.1). */
#ifndef CUOTAS_SERVICE_VERSION_H
#define CUOTAS_SERVICE_VERSION_H

#include "base/work.h"

/* True when If-Match names the version that is there now ("7", one of a list, or *). Else precondition_failed. */
bool version_is(struct work *w, struct slice if_match, int64_t version);

#endif
