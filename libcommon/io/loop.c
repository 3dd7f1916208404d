/* The loop: turns around libevent's dispatch (loop.h says what a turn is). libevent blocks only when nothing is ready or
 * deferred. Owns the event base and the lists of calls; a call's argument belongs to whoever deferred it.
 * Nothing here suspends, and nothing of a turn runs inside a coroutine. */
#include "io/loop.h"

#include "base/clock.h"
#include "base/memory.h"
#include "io/co.h"
#include "io/internal.h"
#include "io/threads.h"

#include <assert.h>
#include <stdlib.h>

#define HOOKS_MAX 8

struct call {
    void (*fn)(void *arg);
    void *arg;
};

struct calls {
    struct call *items;
    size_t count, capacity;
};

static struct event_base *base;
static bool stopping, running;
static int64_t turn_now_us;   /* 0: not read in this turn yet */
static struct calls deferred, in_progress;
static struct call hooks[HOOKS_MAX];
static size_t hook_count;
static void (*closers[HOOKS_MAX])(void);
static size_t closer_count;

bool loop_init(void)
{
    assert(!base);
    struct event_config *config = event_config_new();
    /* One thread uses the base, so no locks; streams need edges and the peer's end as an event of its own. */
    if (!config || event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) != 0 ||
        event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE) != 0)
        return false;
    base = event_base_new_with_config(config);
    event_config_free(config);
    if (!base)
        return false;
    timers_open();
    return true;
}

struct event_base *loop_base(void)
{
    assert(base);
    return base;
}

void loop_defer(void (*fn)(void *arg), void *arg)
{
    if (deferred.count == deferred.capacity) {
        deferred.capacity = deferred.capacity ? deferred.capacity * 2 : 64;
        deferred.items = memory_resize(deferred.items, deferred.capacity * sizeof *deferred.items);
    }
    deferred.items[deferred.count++] = (struct call){ fn, arg };
}

void loop_each_turn(void (*fn)(void *arg), void *arg)
{
    assert(hook_count < HOOKS_MAX);
    hooks[hook_count++] = (struct call){ fn, arg };
}

void loop_at_close(void (*fn)(void))
{
    assert(closer_count < HOOKS_MAX);
    closers[closer_count++] = fn;
}

/* Two lists take turns: what these calls defer is for the next time. */
static void loop_run_deferred(void)
{
    if (deferred.count == 0)
        return;
    const struct calls now = deferred;
    deferred = in_progress;
    for (size_t i = 0; i < now.count; i++)
        now.items[i].fn(now.items[i].arg);
    in_progress = now;
    in_progress.count = 0;
}

/* Read when first asked for: libevent waits within the turn. */
int64_t loop_now_us(void)
{
    if (!running)
        return clock_monotonic_us();
    if (!turn_now_us)
        turn_now_us = clock_monotonic_us();
    return turn_now_us;
}

static void loop_turn(void)
{
    turn_now_us = 0;
    int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
    if (co_has_ready() || deferred.count > 0)
        flags |= EVLOOP_NONBLOCK;
    if (event_base_loop(base, flags) < 0)
        abort();
    co_run_ready();
    loop_run_deferred();
    for (size_t i = 0; i < hook_count; i++)
        hooks[i].fn(hooks[i].arg);
}

void loop_run(void)
{
    assert(base && !running && !co_inside());
    running = true;
    while (!stopping)
        loop_turn();
    stopping = false;
    running = false;
}

void loop_stop(void)
{
    stopping = true;
}

void loop_close(void)
{
    assert(base && !running && !co_inside());
    while (closer_count > 0)
        closers[--closer_count]();
    threads_close();
    while (deferred.count > 0)
        loop_run_deferred();
    co_pool_close();
    timers_close();
    event_base_free(base);
    libevent_global_shutdown();
    memory_free(deferred.items);
    memory_free(in_progress.items);
    deferred = in_progress = (struct calls){ 0 };
    base = NULL;
    stopping = false;
    hook_count = 0;
}
