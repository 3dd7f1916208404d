/* Publishes the own outbox on Redis channel events.<service>, each row as its CloudEvent: a wake-up, not a delivery. The relay keeps
 * its place in memory only: it starts, and starts again after Redis was away, at the head of the outbox, for consumers that missed a
 * message poll. It reads with the consumers' own statement, so what it announces can be pulled. Nothing waits for it: a commit only
 * raises its signal. With Redis away it does not read either. Suspends. */
#include "bus/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "bus/redis.h"
#include "gen/common/sql.h"

#include <stdio.h>

#define READ_TIMEOUT_US (5 * INT64_C(1000000))
#define HELD_PAUSE_MIN_US 2000
#define HELD_PAUSE_MAX_US 100000

struct relay {
    struct redis *redis;
    char channel[80];
    struct lane_cursor lanes[EVENT_LANES];
    bool placed;              /* the lanes hold a place */
    bool held;                /* events wait for a running transaction */
    int64_t held_pause_us;
};

static int64_t soon_us(void)
{
    return clock_monotonic_us() + REDIS_TIMEOUT_MS * INT64_C(1000);
}

static struct work relay_work(void)
{
    return (struct work){ .arena = arena_new(), .deadline_us = clock_monotonic_us() + READ_TIMEOUT_US };
}

/* All lanes to the head of the outbox. Asking for the epoch also begins a new one when the server was started again. */
SUSPENDS static bool relay_place(struct relay *relay)
{
    struct work w = relay_work();
    const struct row *head = db_one(&w, SQL(bus_outbox_head));
    for (int lane = 0; head && lane < EVENT_LANES; lane++)
        relay->lanes[lane] = (struct lane_cursor){ lane, { row_int(head, "epoch"), row_int(head, "xid"), 0 } };
    relay->placed = head != NULL;
    arena_free(w.arena);
    return relay->placed;
}

/* Writes the page's events as one pipeline and reads as many answers. */
SUSPENDS static enum result relay_publish(struct relay *relay, const struct rows *rows, size_t *published)
{
    enum result result = RESULT_OK;
    *published = 0;
    for (size_t i = 0; i < rows_count(rows) && result == RESULT_OK; i++) {
        struct lane_cursor at;
        struct slice event;
        if (!outbox_event(rows_at(rows, i), &at, &event))
            continue;
        relay->lanes[at.lane] = at;
        const struct slice words[] = { SLICE("PUBLISH"), slice_from_text(relay->channel), event };
        result = redis_add(relay->redis, words, 3);
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
    struct work w = relay_work();
    size_t published = 0;
    enum result result = RESULT_OK;
    *more = false;
    const struct rows *rows =
        relay->placed || relay_place(relay) ? outbox_read(&w, bus.config.service, relay->lanes, EVENT_LANES, EVENT_BATCH_MAX) : NULL;
    if (rows) {
        relay->held = row_bool(rows_at(rows, 0), "held");
        result = relay_publish(relay, rows, &published);
        *more = published >= EVENT_BATCH_MAX / 4;
    }
    if (published > 0 || !relay->held)
        relay->held_pause_us = HELD_PAUSE_MIN_US;
    else if (relay->held_pause_us < HELD_PAUSE_MAX_US)
        relay->held_pause_us *= 2;
    if (result == RESULT_OK)
        bus.published += published;
    else
        bus.publish_failures += published;
    arena_free(w.arena);
    return result == RESULT_OK;
}

SUSPENDS static enum result relay_wait(const struct relay *relay)
{
    int64_t pause_us = RELAY_POLL_MS * INT64_C(1000);
    if (relay->held)
        pause_us = relay->held_pause_us;
    return co_signal_wait(&bus.relay, clock_monotonic_us() + pause_us);
}

/* While Redis is there. The last pass comes after `stopping` was set: what a drain waited for is announced. */
SUSPENDS static enum result relay_run(struct relay *relay)
{
    enum result result = RESULT_OK;
    relay->placed = relay->held = false;
    relay->held_pause_us = HELD_PAUSE_MIN_US;
    for (bool last = false; !last && result != RESULT_CANCELLED;) {
        bool more = false;
        last = bus.stopping;
        if (!relay_pass(relay, &more) || !redis_is_idle(relay->redis))
            break;
        bus.relay_connected = relay->placed;   /* from here on every commit is announced */
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
