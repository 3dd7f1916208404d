/* What looks different now, told to whoever keeps copies of what this service answers (the gateway's cache). Not events: nothing is stored, nothing is
 * replayed. After the commit of a statement that tells changes, its ids are published on Redis channel changes.<service>, at once and past the outbox,
 * so that a copy ends within a fraction of a millisecond; a message is lost when Redis is away or the process dies just then. So a
 * listener may rely on being told soon, never on being told: its copies must end by themselves as well.
 *
 * A message: ids separated by blanks; `*` stands for anything. The first one of every connection is `*`, for changes may have gone untold. */
#ifndef CUOTAS_BUS_CHANGES_H
#define CUOTAS_BUS_CHANGES_H

#include "base/slice.h"

#include <stdbool.h>

#define CHANGES_EVERYTHING "*"

/* Starts telling. Both texts stay. False: no coroutine. */
bool changes_start(const char *service, const char *redis_url);
/* For db_config.on_change; suspends nowhere. What waits to be told is bounded: beyond, it becomes `*`. */
void changes_tell(struct slice ids);

#endif
