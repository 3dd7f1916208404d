/* The pool of connections behind each base URL. Idle ones are watched by the loop: one that becomes readable was closed by the
 * other side (or speaks out of turn) and is dropped at once, so taking one needs no system call to see whether it lives. The latest
 * used is taken first; those idle for longer than UPSTREAM_IDLE_TIMEOUT_MS go when the next is taken.
 * A service that nobody listens for was seen alive a moment ago, most likely: it is being replaced. Nothing was sent yet, so connecting is
 * tried again for UPSTREAM_DOWN_GRACE_MS from the first refusal on, by one of those who wait for all of them; then all fail at once until
 * somebody listens again.
 * Invariants: count <= UPSTREAM_CONNECTIONS_MAX; nobody waits while a connection is idle; a connection is in the idle list or belongs
 * to whoever took it. upstream_take suspends. */
#include "http/upstream_pool.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/co.h"
#include "io/loop.h"
#include "wire/uri.h"

#include <stdlib.h>

struct upstream_waiter {
    struct wait wait;
    struct upstream *up;
    struct upstream_waiter *next;
    struct upstream_exchange *given;   /* or NULL: a place to connect */
};

static struct upstream *upstreams;

/* ---- upstreams ---- */

static bool upstream_parse(struct upstream *up)
{
    struct uri uri;
    if (slice_starts_with(up->base_url, SLICE("unix:/"))) {
        up->host = slice_of(up->base_url.data + 5, up->base_url.size - 5);
        up->authority = SLICE("localhost");
        return true;
    }
    if (!uri_split(up->base_url, &uri) || !slice_equals_nocase(uri.scheme, SLICE("http")) || !slice_is_none(uri.userinfo) ||
        uri.path.size > 1 || !slice_is_none(uri.query) || uri.host.size == 0)
        return false;
    size_t after_scheme = uri.scheme.size + strlen("://");
    up->host = uri.host;
    up->port = uri.port < 0 ? 80 : uri.port;
    up->authority = slice_of(up->base_url.data + after_scheme, up->base_url.size - after_scheme - uri.path.size);
    return true;
}

bool upstream_url_valid(const char *base_url)
{
    struct upstream probe = { .base_url = slice_from_text(base_url) };
    return upstream_parse(&probe);
}

struct upstream *upstream_for(const char *base_url)
{
    for (struct upstream *up = upstreams; up; up = up->next)
        if (strcmp(up->base_url.data, base_url) == 0)
            return up;
    struct upstream *up = memory_new(sizeof *up);
    up->base_url = slice_from_text(memory_text(base_url));
    if (!upstream_parse(up)) {
        log_error("not a base URL of a service", LOG_TEXT("url", base_url));
        abort();
    }
    up->next = upstreams;
    return upstreams = up;
}

void upstream_close_all(void)
{
    struct upstream **at = &upstreams, *up;
    while ((up = *at)) {
        upstream_drop_idle(up);
        timer_clear(&up->watch);
        if (up->count > 0 || up->watching) {   /* a coroutine that was never ended holds one */
            log_warn("exchanges never ended", LOG_SLICE("upstream", up->base_url), LOG_INT("count", (int64_t)up->count));
            at = &up->next;
            continue;
        }
        *at = up->next;
        memory_free((char *)up->base_url.data);
        memory_free(up);
    }
    inbound_pool_close();
}

/* ---- idle connections ---- */

static void idle_remove(struct upstream_exchange *x)
{
    if (x->previous)
        x->previous->next = x->next;
    else
        x->up->idle = x->next;
    if (x->next)
        x->next->previous = x->previous;
    x->next = x->previous = NULL;
    x->up->idle_count--;
}

static void idle_readable(void *arg)
{
    struct upstream_exchange *x = arg;
    if (stream_is_idle(x->stream) && stream_when_readable(x->stream, idle_readable, x))   /* called early */
        return;
    idle_remove(x);
    upstream_drop(x);
}

static struct upstream_exchange *idle_take(struct upstream *up)
{
    struct upstream_exchange *x = up->idle;
    if (!x)
        return NULL;
    if (loop_now_us() - x->idle_since_us > UPSTREAM_IDLE_TIMEOUT_MS * INT64_C(1000)) {
        upstream_drop_idle(up);   /* the latest is too old: so are all */
        return NULL;
    }
    idle_remove(x);
    (void)stream_when_readable(x->stream, NULL, NULL);
    return x;
}

void upstream_drop_idle(struct upstream *up)
{
    while (up->idle) {
        struct upstream_exchange *x = up->idle;
        idle_remove(x);
        upstream_drop(x);
    }
}

/* ---- waiting for a place ---- */

static void waiter_unlink(struct upstream_waiter *waiter)
{
    struct upstream *up = waiter->up;
    struct upstream_waiter *before = NULL, *at = up->first;
    for (; at != waiter; at = at->next) {
        assert(at);
        before = at;
    }
    if (before)
        before->next = waiter->next;
    else
        up->first = waiter->next;
    if (up->last == waiter)
        up->last = before;
    up->waiting--;
}

static void waiter_abandoned(struct wait *wait)
{
    waiter_unlink(wait->owner);
}

/* Gives the first waiter a connection, or a place to make one; false when nobody waits. */
static bool waiter_serve(struct upstream *up, struct upstream_exchange *given)
{
    struct upstream_waiter *waiter = up->first;
    if (!waiter)
        return false;
    waiter_unlink(waiter);
    waiter->given = given;
    wait_finish(&waiter->wait, RESULT_OK);
    return true;
}

SUSPENDS static enum result upstream_wait(struct upstream *up, int64_t deadline_us, struct upstream_exchange **out)
{
    struct upstream_waiter waiter = { .wait = { .abandon = waiter_abandoned }, .up = up };
    waiter.wait.owner = &waiter;
    if (up->last)
        up->last->next = &waiter;
    else
        up->first = &waiter;
    up->last = &waiter;
    up->waiting++;
    int64_t soon_us = clock_monotonic_us() + UPSTREAM_WAIT_MAX_MS * INT64_C(1000);
    enum result result = wait_for(&waiter.wait, soon_us < deadline_us ? soon_us : deadline_us);
    *out = waiter.given;
    return result == RESULT_TIMEOUT ? RESULT_BUSY : result;   /* nothing was sent: it did not act */
}

void upstream_turn_away(struct upstream *up)
{
    while (up->first) {
        struct upstream_waiter *waiter = up->first;
        waiter_unlink(waiter);
        wait_finish(&waiter->wait, RESULT_BUSY);
    }
}

static void place_release(struct upstream *up)
{
    if (!waiter_serve(up, NULL))
        up->count--;
}

/* ---- connections ---- */

SUSPENDS static enum result connect_try(struct upstream *up, int64_t deadline_us, struct stream **stream)
{
    int64_t soon_us = clock_monotonic_us() + UPSTREAM_CONNECT_TIMEOUT_MS * INT64_C(1000);
    enum result result = stream_connect(up->host, up->port, soon_us < deadline_us ? soon_us : deadline_us, stream);
    if (result == RESULT_OK)
        up->down_since_us = 0;
    return result == RESULT_TIMEOUT && deadline_us > soon_us ? RESULT_CLOSED : result;   /* nothing was sent */
}

static bool down_for_good(const struct upstream *up)
{
    return up->down_since_us && clock_monotonic_us() - up->down_since_us > UPSTREAM_DOWN_GRACE_MS * INT64_C(1000);
}

/* False when there is no time for another look. */
SUSPENDS static bool down_pause(int64_t deadline_us)
{
    struct wait wait = { 0 };
    int64_t until_us = clock_monotonic_us() + UPSTREAM_DOWN_LOOK_MS * INT64_C(1000);
    return until_us < deadline_us && wait_for(&wait, until_us) == RESULT_TIMEOUT;
}

/* RESULT_CLOSED when nobody has listened there for a while. */
SUSPENDS static enum result connect_patiently(struct upstream *up, int64_t deadline_us, struct stream **stream)
{
    for (;;) {
        bool probe = up->down_since_us && !down_for_good(up);
        if (!probe || !up->probing) {
            up->probing |= probe;
            enum result result = connect_try(up, deadline_us, stream);
            if (probe)
                up->probing = false;
            if (result != RESULT_CLOSED || down_for_good(up))
                return result;
            if (!up->down_since_us)
                up->down_since_us = clock_monotonic_us();
        }
        if (!down_pause(deadline_us))
            return RESULT_CLOSED;
    }
}

/* Has a place already. */
SUSPENDS static enum result upstream_connect(struct upstream *up, int64_t deadline_us, struct upstream_exchange **out)
{
    struct stream *stream = NULL;
    enum result result = connect_patiently(up, deadline_us, &stream);
    if (result != RESULT_OK) {
        place_release(up);
        return result;
    }
    struct upstream_exchange *x = memory_new(sizeof *x);
    x->up = up;
    x->stream = stream;
    *out = x;
    return RESULT_OK;
}

enum result upstream_take(struct upstream *up, int64_t deadline_us, struct upstream_exchange **out)
{
    *out = NULL;
    if (up->silent)
        return RESULT_BUSY;
    *out = idle_take(up);
    return *out ? RESULT_OK : upstream_take_new(up, deadline_us, out);
}

enum result upstream_take_new(struct upstream *up, int64_t deadline_us, struct upstream_exchange **out)
{
    enum result result = RESULT_OK;
    *out = NULL;
    if (up->silent)
        return RESULT_BUSY;
    if (up->count == UPSTREAM_CONNECTIONS_MAX && up->idle) {
        struct upstream_exchange *x = up->idle;
        idle_remove(x);
        upstream_drop(x);
    }
    if (up->count < UPSTREAM_CONNECTIONS_MAX)
        up->count++;
    else if (up->waiting < UPSTREAM_WAITING_MAX)
        result = upstream_wait(up, deadline_us, out);
    else
        return RESULT_BUSY;
    return result == RESULT_OK && !*out ? upstream_connect(up, deadline_us, out) : result;
}

void upstream_put(struct upstream_exchange *x)
{
    struct upstream *up = x->up;
    x->reused = true;
    /* More than the reply is there (it filled the buffer to its last byte, and what follows was not read): whoever came next would be given it. */
    bool clean = stream_is_quiet(x->stream);
    if (clean && waiter_serve(up, x))
        return;
    if (!clean || up->idle_count >= UPSTREAM_IDLE_MAX) {
        upstream_drop(x);
        return;
    }
    x->idle_since_us = loop_now_us();
    x->previous = NULL;
    x->next = up->idle;
    if (x->next)
        x->next->previous = x;
    up->idle = x;
    up->idle_count++;
    if (stream_when_readable(x->stream, idle_readable, x))
        return;
    idle_remove(x);
    upstream_drop(x);
}

void upstream_drop(struct upstream_exchange *x)
{
    stream_close(x->stream);
    place_release(x->up);
    loop_defer(memory_free, x);
}
