/* See changes.h. One coroutine publishes on a connection of its own: whatever was told while a message was on its way is the next one, so under load
 * few messages carry many ids. Invariant: what is in `waiting` has not been sent; `everything` makes it superfluous. Suspends. */
#include "bus/changes.h"

#include "base/clock.h"
#include "base/limits.h"
#include "bus/redis.h"
#include "io/co.h"

#include <stdio.h>

#define PAUSE_MIN_US (REDIS_TIMEOUT_MS * INT64_C(10))
#define PAUSE_MAX_US (REDIS_RECONNECT_MAX_MS * INT64_C(1000))
#define IDLE_US (60 * INT64_C(1000000))

static struct {
    const char *redis_url;
    char channel[80];
    struct co_signal signal;
    bool everything;
    size_t size;
    char waiting[CHANGES_WAITING_BYTES];
} telling;

void changes_tell(struct slice ids)
{
    bool fits = telling.size + 1 + ids.size <= sizeof telling.waiting;
    if (!fits || slice_equals_text(ids, CHANGES_EVERYTHING))
        telling.everything = true;
    if (telling.everything) {
        telling.size = 0;
    } else {
        if (telling.size > 0)
            telling.waiting[telling.size++] = ' ';
        memcpy(telling.waiting + telling.size, ids.data, ids.size);
        telling.size += ids.size;
    }
    co_signal_raise(&telling.signal);
}

static int64_t soon_us(void)
{
    return clock_monotonic_us() + REDIS_TIMEOUT_MS * INT64_C(1000);
}

/* Sends what waits, and waits for Redis to have taken it. */
SUSPENDS static enum result publish(struct redis *redis)
{
    struct slice message = telling.everything ? SLICE(CHANGES_EVERYTHING) : slice_of(telling.waiting, telling.size);
    const struct slice words[] = { SLICE("PUBLISH"), slice_from_text(telling.channel), message };
    redisReply *reply = NULL;
    enum result result = redis_add(redis, words, 3);
    telling.everything = false;
    telling.size = 0;
    if (result == RESULT_OK)
        result = redis_flush(redis, soon_us());
    if (result == RESULT_OK)
        result = redis_read(redis, soon_us(), &reply);
    if (result == RESULT_OK)
        freeReplyObject(reply);
    return result;
}

SUSPENDS static enum result tell_on(struct redis *redis, bool *told)
{
    enum result result = RESULT_OK;
    telling.everything = true;
    while (result == RESULT_OK) {
        if (telling.everything || telling.size > 0) {
            result = publish(redis);
            *told |= result == RESULT_OK;
        } else {
            result = co_signal_wait(&telling.signal, clock_monotonic_us() + IDLE_US);
            result = result == RESULT_TIMEOUT ? RESULT_OK : result;
        }
    }
    return result;
}

static void tell_main(void *unused)
{
    (void)unused;
    int64_t pause_us = PAUSE_MIN_US;
    enum result result = RESULT_OK;
    while (result != RESULT_CANCELLED) {
        struct redis *redis = NULL;
        bool told = false;
        result = redis_connect(telling.redis_url, soon_us(), &redis);
        if (result == RESULT_OK) {
            result = tell_on(redis, &told);
            redis_close(redis);
        }
        pause_us = told ? PAUSE_MIN_US : pause_us * 2 < PAUSE_MAX_US ? pause_us * 2 : PAUSE_MAX_US;
        if (result != RESULT_CANCELLED) {
            struct wait wait = { 0 };
            result = wait_for(&wait, clock_monotonic_us() + pause_us);
        }
    }
}

bool changes_start(const char *service, const char *redis_url)
{
    memset(&telling, 0, sizeof telling);
    telling.redis_url = redis_url;
    (void)snprintf(telling.channel, sizeof telling.channel, "changes.%s", service);
    return co_spawn(tell_main, NULL) == RESULT_OK;
}
