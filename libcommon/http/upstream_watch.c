/* Is a service behind us alive? One that is gone refuses connections, and everybody hears so at once. One that hangs (stopped, its
 * machine cut off) takes requests and says nothing: each would wait for its whole time, and soon everything here would wait. So when
 * exchanges are under way and not a byte has come from it for UPSTREAM_SILENCE_MS, it is asked for /livez on a connection of its own.
 * That answers from its loop, however busy or blocked its database is. No answer: it is silent, whoever asks for it hears RESULT_BUSY
 * at once, and it is asked again and again until it says something. What is under way meanwhile keeps its chance to be answered.
 * Invariants: the timer runs while exchanges are under way; one probing coroutine an upstream. Only the probe suspends. */
#include "http/upstream_pool.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/co.h"
#include "io/loop.h"

#include <assert.h>
#include <stdio.h>

#define SILENCE_US (UPSTREAM_SILENCE_MS * INT64_C(1000))

void watch_heard(struct upstream *up)
{
    up->heard_us = loop_now_us();
    if (up->silent)
        log_info("a service answers again", LOG_SLICE("upstream", up->base_url));
    up->silent = false;
}

static void watch_found_silent(struct upstream *up)
{
    if (!up->silent)
        log_warn("a service does not answer, not even its health check", LOG_SLICE("upstream", up->base_url),
                 LOG_INT("exchanges", (int64_t)up->open), LOG_INT("waiting", (int64_t)up->waiting));
    up->silent = true;
    upstream_turn_away(up);
}

/* Any byte will do. */
SUSPENDS static enum result probe_ask(struct upstream *up, struct stream *stream, int64_t deadline_us)
{
    char head[512], answer[64];
    size_t got;
    int size = snprintf(head, sizeof head, "GET /livez HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n\r\n", SLICE_FMT(up->authority));
    struct iovec part = { head, (size_t)size < sizeof head ? (size_t)size : sizeof head };
    enum result result = stream_write(stream, &part, 1, deadline_us);
    return result == RESULT_OK ? stream_read(stream, answer, sizeof answer, deadline_us, &got) : result;
}

SUSPENDS static enum result probe_once(struct upstream *up)
{
    int64_t deadline_us = clock_monotonic_us() + UPSTREAM_PROBE_TIMEOUT_MS * INT64_C(1000);
    struct stream *stream = NULL;
    enum result result = stream_connect(up->host, up->port, deadline_us, &stream);
    if (result == RESULT_OK)
        result = probe_ask(up, stream, deadline_us);
    stream_close(stream);
    return result;
}

static enum result probe_pause(void)
{
    struct wait wait = { 0 };
    return wait_for(&wait, clock_monotonic_us() + UPSTREAM_PROBE_PAUSE_MS * INT64_C(1000));
}

/* Ends when it has said something, or nothing listens any more: then who asks hears that by itself. */
static void probe_main(void *arg)
{
    struct upstream *up = arg;
    enum result result = probe_once(up);
    while (result == RESULT_TIMEOUT) {
        if (clock_monotonic_us() - up->heard_us < SILENCE_US)
            break;   /* an exchange was answered meanwhile */
        watch_found_silent(up);
        result = probe_pause();
        if (result != RESULT_CANCELLED)
            result = probe_once(up);
    }
    up->watching = false;
    if (result != RESULT_CANCELLED)
        watch_heard(up);
}

static void watch_timer(void *arg)
{
    struct upstream *up = arg;
    int64_t now_us = clock_monotonic_us();
    if (up->open == 0)
        return;
    if (now_us - up->heard_us >= SILENCE_US && !up->watching)
        up->watching = co_spawn(probe_main, up) == RESULT_OK;
    timer_set(&up->watch, now_us + SILENCE_US);
}

void watch_opened(struct upstream *up)
{
    if (up->open++ > 0)
        return;
    up->heard_us = loop_now_us();
    if (up->watch.place)
        return;
    up->watch.fn = watch_timer;
    up->watch.arg = up;
    timer_set(&up->watch, up->heard_us + SILENCE_US);
}

void watch_closed(struct upstream *up)
{
    assert(up->open > 0);
    up->open--;
}
