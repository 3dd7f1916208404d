/* See cache_watch.h. Two coroutines; both end with the process. Whenever the subscription begins, everything counts as changed: messages may have been missed. */
#include "cache_watch.h"

#include "base/clock.h"
#include "base/limits.h"
#include "bus/changes.h"
#include "bus/subscription.h"
#include "gen/gateway/upstreams.h"
#include "io/co.h"
#include "service/metrics.h"

#include <stdio.h>

#define TRIM_US (5 * INT64_C(1000000))

static struct cache_store *watched;
static struct subscription subscription;
static struct metric told = { .name = "cuotas_cache_changes_total", .help = "Messages telling that kept answers changed." };

static void on_begin(void)
{
    cache_store_changed(watched, SLICE(CHANGES_EVERYTHING));
}

static void on_change(struct slice channel, struct slice ids)
{
    (void)channel;   /* ids are unique over all services */
    metric_add(&told, 1);
    cache_store_changed(watched, ids);
}

static void listen_main(void *redis_url)
{
    char names[EVENT_PRODUCERS_MAX][80];
    struct slice channels[EVENT_PRODUCERS_MAX];
    size_t count = 0;
    for (; upstream_kept[count] && count < EVENT_PRODUCERS_MAX; count++) {
        int size = snprintf(names[count], sizeof names[0], "changes.%s", upstream_kept[count]);
        channels[count] = slice_of(names[count], (size_t)size);
    }
    subscription = (struct subscription){ .redis_url = redis_url, .channels = channels, .channel_count = count, .begins = on_begin, .heard = on_change };
    subscription_run(&subscription);
}

static void trim_main(void *unused)
{
    (void)unused;
    enum result result = RESULT_OK;
    while (result != RESULT_CANCELLED) {
        struct wait wait = { 0 };
        result = wait_for(&wait, clock_monotonic_us() + TRIM_US);
        if (result != RESULT_CANCELLED)
            cache_store_trim(watched, clock_monotonic_us());
    }
}

static int64_t read_bytes(void)
{
    return (int64_t)cache_store_stats(watched).bytes;
}

static int64_t read_pushed_out(void)
{
    return (int64_t)cache_store_stats(watched).pushed_out;
}

static int64_t read_connected(void)
{
    return subscription.connected;
}

bool cache_watch_start(struct cache_store *store, const char *redis_url)
{
    watched = store;
    metrics_gauge("cuotas_cache_bytes", "Bytes of kept answers.", read_bytes);
    metrics_gauge("cuotas_cache_pushed_out", "Answers that ended before their time for want of room, since the start.", read_pushed_out);
    metrics_gauge("cuotas_cache_told", "Whether changes are told by Redis (1), or kept answers end by their time alone (0).", read_connected);
    return co_spawn(trim_main, NULL) == RESULT_OK && (!redis_url || co_spawn(listen_main, (void *)redis_url) == RESULT_OK);
}
