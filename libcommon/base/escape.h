/* JSON string escaping, shared by the log and by wire/json_write. */
#ifndef CUOTAS_BASE_ESCAPE_H
#define CUOTAS_BASE_ESCAPE_H

#include "base/slice.h"

/* Takes the next piece off *rest as it must stand between quotes: a run of bytes that need no escape (a view), or one escape (made in
 * `scratch`). Bytes that are not UTF-8 become U+FFFD, one each. rest must not be empty. */
struct slice escape_json_next(struct slice *rest, char scratch[8]);

#endif
