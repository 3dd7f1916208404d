/* One loop a producer: woken by Redis, by a clock of one second, or sooner when events wait for a running transaction (as long as no Redis
 * tells when it has ended) or a poisoned lane is due again. What a message brings is applied as it is when everything before it was; what it
 * only tells of may come from the producer's memory; whoever looks by himself wants a fresh answer. bus_catch_up does the same on behalf of a
 * request; the producer's lock keeps the two apart, the cursors' compare-and-set keeps processes apart (the one that comes second stands back
 * for a poll). Everything here suspends. */
#include "bus/internal.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "gen/problems.h"

#include <assert.h>
#include <stdlib.h>

#define STEP_TIMEOUT_US (10 * INT64_C(1000000))
#define HELD_PAUSE_MIN_US 2000
#define HELD_PAUSE_MAX_US 100000

/* What one pull and its application came to. */
enum step_end { STEP_DONE, STEP_UNREACHABLE, STEP_LATER, STEP_MOVED };

struct step {
    enum step_end end;
    size_t count;
    bool held, full;
    int64_t epoch, oldest, next;
};

static void tell_reachable(struct producer *producer, bool reachable)
{
    if (producer->reachable != reachable)
        log_write(reachable ? LOG_INFO : LOG_WARN, reachable ? "producer answers" : "producer does not answer",
                  LOG_TEXT("producer", producer->name));
    producer->reachable = reachable;
}

static enum step_end step_end(enum apply applied)
{
    return applied == APPLY_DONE ? STEP_DONE : applied == APPLY_MOVED ? STEP_MOVED : STEP_LATER;
}

/* False: it could not be asked. */
SUSPENDS static bool pull(struct work *w, struct producer *producer, struct page *page)
{
    bool look = producer->look;
    producer->look = false;   /* who raises it from here on means the next time */
    bool answered = pull_page(w, producer, look, page);
    producer->look |= !answered;
    tell_reachable(producer, answered);
    return answered;
}

/* An event of some lane waits to be tried again, and all behind it. */
static bool some_lane_waits(const struct producer *producer)
{
    for (int i = 0; i < EVENT_LANES; i++)
        if (producer->lanes[i].paused_until_us)
            return true;
    return false;
}

/* asked_us: logical, when what the page is of was asked for. */
static void note_freshness(struct producer *producer, const struct page *page, int64_t asked_us)
{
    int64_t happened_us;
    if (some_lane_waits(producer))
        return;
    if (!page->full)
        producer->fresh_us = asked_us;
    else if (page->count > 0 && time_parse(page->events[page->count - 1].time, &happened_us))
        producer->fresh_us = happened_us;
}

SUSPENDS static void step_in(struct work *w, struct producer *producer, struct step *step)
{
    struct page page;
    step->end = STEP_LATER;
    if (memory_short())
        return;   /* a page is large */
    if (!producer->loaded && !apply_load(w, producer))
        return;
    step->end = STEP_UNREACHABLE;
    int64_t asked_us = clock_logical_us();
    if (pull_pushed(w, producer, &page))
        bus.pushed += page.count;
    else if (pull(w, producer, &page))
        bus.pulled += page.count;
    else
        return;
    step->count = page.count;
    step->held = page.held;
    step->full = page.full;
    step->epoch = page.epoch;
    step->oldest = page.oldest;
    step->next = page.next;
    step->end = step_end(apply_page(w, producer, &page));
    if (step->end == STEP_DONE)
        note_freshness(producer, &page, asked_us);
}

/* The caller holds the producer's lock. */
SUSPENDS static struct step producer_step(struct producer *producer, int64_t deadline_us)
{
    struct step step = { .end = STEP_LATER };
    int64_t own_us = clock_monotonic_us() + STEP_TIMEOUT_US;
    struct work w = { .arena = arena_new(), .deadline_us = deadline_us < own_us ? deadline_us : own_us,
                      .identity = { .kind = IDENTITY_SERVICE } };
    step_in(&w, producer, &step);
    arena_free(w.arena);
    return step;
}

/* ---- The loop ---- */

/* Until a poisoned lane may try again. */
static int64_t poll_pause_us(const struct producer *producer)
{
    int64_t pause_us = EVENT_POLL_MS * INT64_C(1000), now_us = clock_monotonic_us();
    for (int i = 0; i < EVENT_LANES; i++) {
        int64_t left_us = producer->lanes[i].paused_until_us - now_us;
        if (producer->lanes[i].paused_until_us && left_us < pause_us)
            pause_us = left_us > 0 ? left_us : 0;
    }
    return pause_us;
}

static int64_t pause_after(const struct producer *producer, const struct step *step, int64_t *held_pause_us)
{
    if (step->end == STEP_DONE && step->full)
        return 0;
    if (step->end != STEP_DONE)   /* two processes that met must not go on in step */
        return EVENT_POLL_MS * INT64_C(1000) + (int64_t)(random_u64() % (EVENT_POLL_MS * UINT64_C(500)));
    int64_t pause_us = poll_pause_us(producer);
    if (!step->held || step->count > 0)
        *held_pause_us = HELD_PAUSE_MIN_US;
    else if (*held_pause_us < HELD_PAUSE_MAX_US)
        *held_pause_us *= 2;
    /* With Redis, who holds the events back tells us when they are there. */
    return step->held && !bus.subscription.connected && *held_pause_us < pause_us ? *held_pause_us : pause_us;
}

/* Waits for something to do. The messages of one page come one by one: those of events that came with an earlier one mean nothing new. */
SUSPENDS static enum result consumer_wait(struct producer *producer, int64_t pause_us)
{
    int64_t until_us = clock_monotonic_us() + pause_us;
    enum result result = RESULT_OK;
    do
        result = co_signal_wait(&producer->signal, until_us);
    while (result == RESULT_OK && !bus.stopping && !producer->look && cursor_compare(producer->told, producer->passed) <= 0);
    producer->look |= result == RESULT_TIMEOUT;
    return result;
}

/* Stores what has waited for it for so long. */
SUSPENDS static void store_passed(struct producer *producer, struct step *step, int64_t waited_us)
{
    if (step->end != STEP_DONE || !producer->skipped_us || clock_monotonic_us() - producer->skipped_us < waited_us)
        return;
    struct work w = { .arena = arena_new(), .deadline_us = clock_monotonic_us() + STEP_TIMEOUT_US, .identity = { .kind = IDENTITY_SERVICE } };
    step->end = step_end(apply_store(&w, producer));
    arena_free(w.arena);
}

void consumer_main(void *arg)
{
    struct producer *producer = arg;
    enum result result = RESULT_OK;
    int64_t held_pause_us = HELD_PAUSE_MIN_US;
    while (!bus.stopping && result != RESULT_CANCELLED) {
        result = co_lock_acquire(&producer->lock, clock_monotonic_us() + STEP_TIMEOUT_US);
        if (result != RESULT_OK)
            continue;   /* a catch-up takes long, or the process stops */
        struct step step = producer_step(producer, INT64_MAX);
        store_passed(producer, &step, EVENT_STORE_MS * INT64_C(1000));
        co_lock_release(&producer->lock);
        int64_t pause_us = pause_after(producer, &step, &held_pause_us);
        if (bus.stopping)
            break;
        if (pause_us > 0)
            result = consumer_wait(producer, pause_us);
    }
    pushed_forget(&producer->pushed);
    bus_loop_ended();
}

/* ---- Catching up ---- */

/* True when everything the producer had committed at the first step has had its effect, or is parked: nothing is held back, or what was
 * then has ended, and no event waits to be tried again. Who is told before that something is not there may have made it himself. */
static bool has_caught_up(const struct producer *producer, const struct step *step, const struct step *first)
{
    return step->end == STEP_DONE && !step->full && !some_lane_waits(producer) &&
           (!step->held || step->epoch != first->epoch || step->oldest >= first->next);
}

/* at_rest: nobody waits for these events in particular, but for everything to be done: then the cursors are, too. */
SUSPENDS static bool catch_up_locked(struct work *w, struct producer *producer, bool at_rest)
{
    struct step first = { .end = STEP_LATER };
    bool started = false;
    int64_t pause_us = HELD_PAUSE_MIN_US;
    while (clock_monotonic_us() < w->deadline_us) {
        producer->look = true;
        struct step step = producer_step(producer, w->deadline_us);
        if (step.end == STEP_UNREACHABLE || step.end == STEP_LATER)
            break;
        if (at_rest && !step.full)
            store_passed(producer, &step, 0);
        if (step.end == STEP_DONE && !started) {
            first = step;
            started = true;
        }
        if (started && has_caught_up(producer, &step, &first))
            return true;
        if (step.end == STEP_DONE && !step.full) {
            co_sleep_us(pause_us);
            pause_us = pause_us < HELD_PAUSE_MAX_US ? pause_us * 2 : HELD_PAUSE_MAX_US;
        }
    }
    work_fail(w, &PROBLEM_unavailable, "%s cannot be caught up with now", producer->name);
    w->failure.retry_after_s = 1;
    return false;
}

SUSPENDS static bool producer_catch_up(struct work *w, struct producer *producer, bool at_rest)
{
    if (co_lock_acquire(&producer->lock, w->deadline_us) != RESULT_OK) {
        work_fail(w, &PROBLEM_unavailable, "%s is being caught up with", producer->name);
        return false;
    }
    bool ok = catch_up_locked(w, producer, at_rest);
    co_lock_release(&producer->lock);
    return ok;
}

SUSPENDS bool bus_catch_up(struct work *w, const char *name, int64_t *applied)
{
    uint64_t before = bus.applied;
    bool ok = true, found = !name;
    for (size_t i = 0; ok && i < bus.producer_count; i++) {
        if (name && strcmp(bus.producers[i].name, name) != 0)
            continue;
        found = true;
        ok = producer_catch_up(w, &bus.producers[i], !name);
    }
    if (!found) {
        log_error("nothing is consumed from this producer", LOG_TEXT("producer", name));
        abort();
    }
    if (applied)
        *applied = (int64_t)(bus.applied - before);
    return ok;
}
