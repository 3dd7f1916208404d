/* Wake-ups from Redis: one connection subscribed to the channels of all producers. What a message says does not matter, only whose it
 * is: the events are pulled. After every (re)connection all consumers are woken once, for messages may have been missed. Suspends. */
#include "bus/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "bus/redis.h"

#include <stdio.h>

#define QUIET_US (30 * INT64_C(1000000))   /* then the connection is asked whether it is alive */

static int64_t soon_us(void)
{
    return clock_monotonic_us() + REDIS_TIMEOUT_MS * INT64_C(1000);
}

static void wake_all(void)
{
    for (size_t i = 0; i < bus.producer_count; i++)
        co_signal_raise(&bus.producers[i].signal);
}

static void wake_of_channel(struct slice channel)
{
    struct slice name;
    (void)slice_cut(channel, '.', &name);
    for (size_t i = 0; i < bus.producer_count; i++)
        if (slice_equals_text(name, bus.producers[i].name)) {
            bus.woken++;
            co_signal_raise(&bus.producers[i].signal);
        }
}

/* ["message", channel, payload]; answers to SUBSCRIBE and PING have other first words. */
void subscribe_take(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return;
    const redisReply *kind = reply->element[0], *channel = reply->element[1];
    if (kind->type == REDIS_REPLY_STRING && strcmp(kind->str, "message") == 0 && channel->type == REDIS_REPLY_STRING)
        wake_of_channel(slice_of(channel->str, (size_t)channel->len));
}

/* The first answer is the subscription's: from here on nothing is missed. */
static void listen_take(const redisReply *reply)
{
    if (!bus.subscriber_connected) {
        bus.subscriber_connected = true;
        wake_all();
    }
    subscribe_take(reply);
}

SUSPENDS static enum result subscribe(struct redis *redis)
{
    char channels[EVENT_PRODUCERS_MAX][80];
    struct slice words[1 + EVENT_PRODUCERS_MAX] = { SLICE("SUBSCRIBE") };
    for (size_t i = 0; i < bus.producer_count; i++) {
        int size = snprintf(channels[i], sizeof channels[0], "events.%s", bus.producers[i].name);
        words[1 + i] = slice_of(channels[i], (size_t)size);
    }
    enum result result = redis_add(redis, words, 1 + bus.producer_count);
    return result == RESULT_OK ? redis_flush(redis, soon_us()) : result;
}

SUSPENDS static enum result listen_on(struct redis *redis)
{
    static const struct slice ping[] = { { "PING", 4 } };
    bool asked = false;
    enum result result = subscribe(redis);
    while (result == RESULT_OK) {
        redisReply *reply = NULL;
        result = redis_read(redis, asked ? soon_us() : clock_monotonic_us() + QUIET_US, &reply);
        if (result == RESULT_TIMEOUT && !asked) {
            asked = true;
            result = redis_add(redis, ping, 1);
            if (result == RESULT_OK)
                result = redis_flush(redis, soon_us());
        } else if (result == RESULT_OK) {
            asked = false;
            listen_take(reply);
            freeReplyObject(reply);
        }
    }
    return result;
}

void subscribe_main(void *unused)
{
    (void)unused;
    int64_t pause_us = REDIS_TIMEOUT_MS * INT64_C(10);
    enum result result = RESULT_OK;
    while (!bus.stopping && result != RESULT_CANCELLED) {
        struct redis *redis = NULL;
        result = redis_connect(bus.config.redis_url, soon_us(), &redis);
        if (result == RESULT_OK) {
            result = listen_on(redis);
            redis_close(redis);
            /* Only one that answered was a connection; what accepts and hangs up is met with growing pauses. */
            if (bus.subscriber_connected) {
                pause_us = REDIS_TIMEOUT_MS * INT64_C(10);
                log_warn("Redis lost: events come by polling until it is back", LOG_TEXT("result", result_name(result)));
            }
            bus.subscriber_connected = false;
        }
        if (result != RESULT_CANCELLED && !bus.stopping) {
            struct wait wait = { 0 };
            result = wait_for(&wait, clock_monotonic_us() + pause_us);
        }
        pause_us = pause_us * 2 < REDIS_RECONNECT_MAX_MS * INT64_C(1000) ? pause_us * 2 : REDIS_RECONNECT_MAX_MS * INT64_C(1000);
    }
}
