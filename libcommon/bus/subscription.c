/* See subscription.h. One coroutine owns the connection. A connection that was never answered on is met with growing pauses; one that was
 * starts them anew. Suspends. */
#include "bus/subscription.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "bus/redis.h"
#include "io/co.h"

#define CHANNELS_MAX (EVENT_PRODUCERS_MAX + 1)
#define QUIET_US (30 * INT64_C(1000000))   /* then the connection is asked whether it is alive */
#define PAUSE_MIN_US (REDIS_TIMEOUT_MS * INT64_C(10))
#define PAUSE_MAX_US (REDIS_RECONNECT_MAX_MS * INT64_C(1000))

static int64_t soon_us(void)
{
    return clock_monotonic_us() + REDIS_TIMEOUT_MS * INT64_C(1000);
}

/* ["message", channel, payload]; answers to SUBSCRIBE and PING have other first words. */
void subscription_take(struct subscription *s, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return;
    const redisReply *kind = reply->element[0], *channel = reply->element[1], *message = reply->element[2];
    if (kind->type == REDIS_REPLY_STRING && strcmp(kind->str, "message") == 0 && channel->type == REDIS_REPLY_STRING &&
        message->type == REDIS_REPLY_STRING)
        s->heard(slice_of(channel->str, (size_t)channel->len), slice_of(message->str, (size_t)message->len));
}

/* The first answer is the subscription's: from here on nothing is missed. */
static void take_first(struct subscription *s, const redisReply *reply)
{
    if (!s->connected) {
        s->connected = true;
        s->begins();
    }
    subscription_take(s, reply);
}

SUSPENDS static enum result subscribe(const struct subscription *s, struct redis *redis)
{
    struct slice words[1 + CHANNELS_MAX] = { SLICE("SUBSCRIBE") };
    if (s->channel_count > CHANNELS_MAX)
        return RESULT_TOO_LARGE;
    for (size_t i = 0; i < s->channel_count; i++)
        words[1 + i] = s->channels[i];
    enum result result = redis_add(redis, words, 1 + s->channel_count);
    return result == RESULT_OK ? redis_flush(redis, soon_us()) : result;
}

SUSPENDS static enum result ping(struct redis *redis)
{
    static const struct slice words[] = { { "PING", 4 } };
    enum result result = redis_add(redis, words, 1);
    return result == RESULT_OK ? redis_flush(redis, soon_us()) : result;
}

SUSPENDS static enum result listen_on(struct subscription *s, struct redis *redis)
{
    bool asked = false;
    enum result result = subscribe(s, redis);
    while (result == RESULT_OK) {
        redisReply *reply = NULL;
        result = redis_read(redis, asked ? soon_us() : clock_monotonic_us() + QUIET_US, &reply);
        if (result == RESULT_TIMEOUT && !asked) {
            asked = true;
            result = ping(redis);
        } else if (result == RESULT_OK) {
            asked = false;
            take_first(s, reply);
            freeReplyObject(reply);
        }
    }
    return result;
}

SUSPENDS void subscription_run(struct subscription *s)
{
    int64_t pause_us = PAUSE_MIN_US;
    enum result result = RESULT_OK;
    while (result != RESULT_CANCELLED) {
        struct redis *redis = NULL;
        result = redis_connect(s->redis_url, soon_us(), &redis);
        if (result == RESULT_OK) {
            result = listen_on(s, redis);
            redis_close(redis);
            if (s->connected) {
                pause_us = PAUSE_MIN_US;
                log_warn("Redis lost: its messages are missed until it is back", LOG_TEXT("result", result_name(result)));
            }
            s->connected = false;
        }
        if (result != RESULT_CANCELLED) {
            struct wait wait = { 0 };
            result = wait_for(&wait, clock_monotonic_us() + pause_us);
        }
        pause_us = pause_us * 2 < PAUSE_MAX_US ? pause_us * 2 : PAUSE_MAX_US;
    }
}
