/* UUIDs as their canonical lower-case text. */
#ifndef CUOTAS_BASE_UUID_H
#define CUOTAS_BASE_UUID_H

#include "base/arena.h"

#define UUID_TEXT 37 /* with the NUL */

/* RFC 9562 version 7: wall-clock milliseconds, then random bits from the kernel (batched reads), monotonic within
 * the process. */
void uuid_v7(char out[UUID_TEXT]);
struct slice uuid_new(struct arena *arena);
/* 8-4-4-4-12 hex digits, either case, any version. */
bool uuid_valid(struct slice text);

#endif
