/* Publishes the own outbox on Redis channel events.<service>, each event as its CloudEvent, sealed with the place of the one
 * before it (pushed.h): a wake-up for everybody, and the event itself for who has read up to that place. The relay keeps
 * its place in memory only: it starts, and starts again after Redis was away, at what is read first, for consumers that missed a
 * message poll. It publishes out of the news, which its reads fill, so what it announces can be pulled, and mostly without another
 * read. Nothing waits for it: a commit only raises its signal. With Redis away it does not read either. Suspends. */
#include "bus/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "bus/news.h"
#include "bus/redis.h"

#include <stdio.h>

#define READ_TIMEOUT_US (5 * INT64_C(1000000))
#define HELD_PAUSE_MIN_US 2000
#define HELD_PAUSE_MAX_US 100000

struct relay {
    struct redis *redis;
    char channel[80];
    uint64_t number;          /* of the next event to publish; 0 before the first read */
    int64_t held_pause_us;
};

static int64_t soon_us(void)
{
    return clock_monotonic_us() + REDIS_TIMEOUT_MS * INT64_C(1000);
}

/* The message that tells of an event, and holds it for those who have read all before it. */
static enum result relay_add(struct relay *relay, const struct news_event *event)
{
    struct arena *arena = arena_new();
    struct slice channel = slice_from_text(relay->channel);
    const struct slice words[] = { SLICE("PUBLISH"), channel, event_enclose(arena, bus.config.seal, channel, event->text, event->after) };
    enum result result = redis_add(relay->redis, words, 3);
    arena_free(arena);
    return result;
}

/* Writes what is to be published as one pipeline and reads as many answers. */
SUSPENDS static enum result relay_publish(struct relay *relay, size_t *published)
{
    enum result result = RESULT_OK;
    const struct news_event *event;
    *published = 0;
    while (result == RESULT_OK && *published < EVENT_BATCH_MAX && (event = news_at(&relay->number))) {
        result = relay_add(relay, event);
        relay->number++;
        (*published)++;
    }
    if (result == RESULT_OK)
        result = redis_flush(relay->redis, soon_us());
    for (size_t i = 0; i < *published && result == RESULT_OK; i++) {
        redisReply *reply = NULL;
        result = redis_read(relay->redis, soon_us(), &reply);
        if (result == RESULT_OK)
            freeReplyObject(reply);
    }
    return result;
}

/* Publishes what is there. *more: there may be more at once. False: Redis is lost. */
SUSPENDS static bool relay_pass(struct relay *relay, bool *more)
{
    size_t published = 0;
    enum result result = RESULT_OK;
    bool known = news_refresh(clock_monotonic_us() + READ_TIMEOUT_US);
    if (known && relay->number == 0)
        relay->number = news_next();
    if (relay->number > 0)
        result = relay_publish(relay, &published);
    *more = relay->number > 0 && (news_more() || news_at(&relay->number));
    if (published > 0 || !news_held())
        relay->held_pause_us = HELD_PAUSE_MIN_US;
    else if (relay->held_pause_us < HELD_PAUSE_MAX_US)
        relay->held_pause_us *= 2;
    if (result == RESULT_OK)
        bus.published += published;
    else
        bus.publish_failures += published;
    return result == RESULT_OK;
}

SUSPENDS static enum result relay_wait(const struct relay *relay)
{
    int64_t pause_us = RELAY_POLL_MS * INT64_C(1000);
    if (news_held())
        pause_us = relay->held_pause_us;
    return co_signal_wait(&bus.relay, clock_monotonic_us() + pause_us);
}

/* While Redis is there. The last pass comes after `stopping` was set: what a drain waited for is announced. */
SUSPENDS static enum result relay_run(struct relay *relay)
{
    enum result result = RESULT_OK;
    relay->number = 0;
    relay->held_pause_us = HELD_PAUSE_MIN_US;
    for (bool last = false; !last && result != RESULT_CANCELLED;) {
        bool more = false;
        last = bus.stopping;
        if (!relay_pass(relay, &more) || !redis_is_idle(relay->redis))
            break;
        bus.relay_connected = relay->number > 0;   /* from here on every commit is announced */
        if (more)
            last = false;
        else if (!last)
            result = relay_wait(relay);
    }
    bus.relay_connected = false;
    return result;
}

/* Until the pause is over or we stop. Commits raise the signal, too: they must not cut it short. */
SUSPENDS static enum result relay_rest(int64_t pause_us)
{
    enum result result = RESULT_OK;
    int64_t until_us = clock_monotonic_us() + pause_us;
    while (!bus.stopping && result != RESULT_CANCELLED && clock_monotonic_us() < until_us)
        result = co_signal_wait(&bus.relay, until_us);
    return result;
}

void relay_main(void *unused)
{
    (void)unused;
    struct relay relay = { 0 };
    int64_t pause_us = REDIS_TIMEOUT_MS * INT64_C(10);
    enum result result = RESULT_OK;
    (void)snprintf(relay.channel, sizeof relay.channel, "events.%s", bus.config.service);
    while (!bus.stopping && result != RESULT_CANCELLED) {
        result = redis_connect(bus.config.redis_url, soon_us(), &relay.redis);
        if (result == RESULT_OK) {
            uint64_t before = bus.published;
            result = relay_run(&relay);
            redis_close(relay.redis);
            /* Only one that took an event was a connection; what accepts and hangs up is met with growing pauses. */
            if (bus.published != before)
                pause_us = REDIS_TIMEOUT_MS * INT64_C(10);
        }
        if (result != RESULT_CANCELLED)
            result = relay_rest(pause_us);
        pause_us = pause_us * 2 < REDIS_RECONNECT_MAX_MS * INT64_C(1000) ? pause_us * 2 : REDIS_RECONNECT_MAX_MS * INT64_C(1000);
    }
    bus_loop_ended();
}
