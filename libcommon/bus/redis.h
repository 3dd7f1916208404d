/* The little of Redis that wake-ups need, over our own stream: commands are gathered and written together, replies read one by
 * one. hiredis formats and parses, nothing more. After any result but RESULT_OK the connection can only be closed, with one exception:
 * redis_read that timed out may be called again. */
#ifndef CUOTAS_BUS_REDIS_H
#define CUOTAS_BUS_REDIS_H

#include "base/result.h"
#include "base/slice.h"

#include <hiredis/hiredis.h>

struct redis;
struct stream;

/* redis://[user:password@]host[:port][/database], unix:///path/to/socket, or the path alone. RESULT_MALFORMED for anything else,
 * RESULT_REFUSED when Redis does not let us in. */
SUSPENDS MUST_CHECK enum result redis_connect(const char *url, int64_t deadline_us, struct redis **out);
/* Over a connection that is there already, which it takes. */
struct redis *redis_over(struct stream *stream);
/* Adds a command to what the next flush writes; RESULT_TOO_LARGE past REDIS_COMMANDS_BYTES_MAX (nothing is added). */
MUST_CHECK enum result redis_add(struct redis *redis, const struct slice *words, size_t count);
SUSPENDS MUST_CHECK enum result redis_flush(struct redis *redis, int64_t deadline_us);
/* The next reply or pushed message; the caller frees it with freeReplyObject. */
SUSPENDS MUST_CHECK enum result redis_read(struct redis *redis, int64_t deadline_us, redisReply **out);
/* False when the server has closed it or sent something nobody asked for. */
bool redis_is_idle(struct redis *redis);
void redis_close(struct redis *redis);

#endif
