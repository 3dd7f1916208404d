/* What goes on beside the requests: listening to what has changed, and giving memory back. */
#ifndef CUOTAS_GATEWAY_CACHE_WATCH_H
#define CUOTAS_GATEWAY_CACHE_WATCH_H

#include "cache_store.h"

#include <stdbool.h>

/* redis_url NULL: nobody tells of changes. False: no coroutine. */
bool cache_watch_start(struct cache_store *store, const char *redis_url);

#endif
