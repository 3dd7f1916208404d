/* Starting and stopping the bus of a process, its counters, and its housekeeping. Coroutines: the relay and the subscriber when there is
 * a Redis, one consumer a producer, the housekeeper. A drain waits for the relay and the consumers; the other two hold nothing that
 * could be lost and end with co_cancel_all. */
#include "bus/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "bus/news.h"
#include "gen/common/sql.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUSEKEEPING_US (60 * INT64_C(1000000))
#define PRUNE_EVERY 60          /* rounds of housekeeping */
#define PRUNE_BATCHES_MAX 100

struct bus bus;

void bus_loop_ended(void)
{
    assert(bus.loops > 0);
    bus.loops--;
    co_signal_raise(&bus.loop_ended);
}

void bus_wake_relay(void)
{
    co_signal_raise(&bus.relay);
}

/* ---- Housekeeping ---- */

SUSPENDS static void prune_outbox(void)
{
    for (int batch = 0; batch < PRUNE_BATCHES_MAX; batch++) {
        struct work w = { .arena = arena_new(), .deadline_us = clock_monotonic_us() + HOUSEKEEPING_US };
        const struct rows *pruned = db_all(&w, SQL(bus_prune_outbox));
        int64_t count = pruned ? rows_affected(pruned) : 0;
        arena_free(w.arena);
        if (count == 0)
            return;
    }
}

/* Begins a new epoch when PostgreSQL is another one than before (restored, promoted, started again). Inserting an event does so too;
 * here it happens before the first request. */
SUSPENDS static void check_epoch(void)
{
    struct work w = { .arena = arena_new(), .deadline_us = clock_monotonic_us() + HOUSEKEEPING_US };
    const struct row *head = db_one(&w, SQL(bus_outbox_head));
    if (head)
        log_info("event epoch", LOG_SLICE("epoch", row_text(head, "epoch")));
    arena_free(w.arena);
}

static void housekeep_main(void *unused)
{
    (void)unused;
    enum result result = RESULT_OK;
    check_epoch();
    for (int round = 0; !bus.stopping && result != RESULT_CANCELLED; round++) {
        struct wait wait = { 0 };
        apply_count_parked();
        if (round % PRUNE_EVERY == 0)
            prune_outbox();
        result = wait_for(&wait, clock_monotonic_us() + HOUSEKEEPING_US);
    }
}

/* ---- Starting and stopping ---- */

/* What this service does nothing about need not be sent to it. */
static void name_types(struct producer *producer)
{
    size_t size = 0, count = 0;
    for (const struct consumer_rule *rule = bus.config.rules; rule && rule->producer; rule++) {
        if (strcmp(rule->producer, producer->name) != 0)
            continue;
        size += (size_t)snprintf(producer->types + size, EVENT_TYPES_BYTES - size, "%s%s", count++ ? "," : "", rule->type);
        if (size >= EVENT_TYPES_BYTES || count > EVENT_TYPES_MAX) {
            producer->types[0] = '\0';   /* too many to name: all */
            return;
        }
    }
}

static void find_producers(void)
{
    for (const struct consumer_rule *rule = bus.config.rules; rule && rule->producer; rule++) {
        bool known = false;
        for (size_t i = 0; i < bus.producer_count; i++)
            known |= strcmp(bus.producers[i].name, rule->producer) == 0;
        if (known)
            continue;
        const char *url = bus.config.producer_url(rule->producer);
        if (!url || bus.producer_count == EVENT_PRODUCERS_MAX) {
            log_error("this producer cannot be consumed: it is no peer, or one too many", LOG_TEXT("producer", rule->producer));
            abort();
        }
        struct producer *producer = &bus.producers[bus.producer_count++];
        *producer = (struct producer){ .name = rule->producer, .url = url, .reachable = true, .look = true, .fresh_us = clock_logical_us() };
        name_types(producer);
    }
}

/* drained: bus_drain waits for its end. */
static bool start_loop(void (*fn)(void *arg), void *arg, bool drained)
{
    if (co_spawn(fn, arg) != RESULT_OK) {
        log_error("the bus cannot start: no coroutine");
        return false;
    }
    bus.loops += drained;
    return true;
}

bool bus_start(const struct bus_config *config)
{
    assert(bus.loops == 0);
    memset(&bus, 0, sizeof bus);
    news_forget();
    bus.config = *config;
    find_producers();
    bool ok = start_loop(housekeep_main, NULL, false) && (!config->redis_url || start_loop(relay_main, NULL, true));
    if (ok && config->redis_url && bus.producer_count > 0)
        ok = start_loop(subscribe_main, NULL, false);
    for (size_t i = 0; ok && i < bus.producer_count; i++)
        ok = start_loop(consumer_main, &bus.producers[i], true);
    return ok;
}

SUSPENDS void bus_drain(int64_t deadline_us)
{
    bus.stopping = true;
    co_signal_raise(&bus.relay);
    for (size_t i = 0; i < bus.producer_count; i++)
        co_signal_raise(&bus.producers[i].signal);
    while (bus.loops > 0) {
        if (co_signal_wait(&bus.loop_ended, deadline_us) == RESULT_OK)
            continue;
        log_warn("the bus did not drain in time", LOG_INT("loops", (int64_t)bus.loops));
        return;
    }
}

bool bus_lag(size_t which, const char **producer, int64_t *seconds)
{
    if (which >= bus.producer_count)
        return false;
    int64_t lag_us = clock_logical_us() - bus.producers[which].fresh_us;
    *producer = bus.producers[which].name;
    *seconds = lag_us > 0 ? lag_us / 1000000 : 0;
    return true;
}

struct bus_stats bus_stats(void)
{
    return (struct bus_stats){ .published = bus.published, .publish_failures = bus.publish_failures, .woken = bus.woken, .pulled = bus.pulled, .pushed = bus.pushed,
                               .applied = bus.applied, .parked = bus.parked, .dead_letters = bus.dead_letters,
                               .redis_connected = bus.relay_connected && (bus.subscription.connected || bus.producer_count == 0) };
}
