/* Timers: a binary heap ordered by due time, and one libevent timer armed for (about) its first entry.
 *
 * Invariants: heap[i].timer->place == i + 1; a parent is never due after its children; while the heap is not empty the
 * libevent timer is armed for no later than its first entry. It may be armed too early (its entry was cleared since):
 * then it finds nothing due and arms itself again, which is cheaper than following every change.
 * Owns only the heap's array; timers belong to their users. Nothing here suspends. */
#include "io/timer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "io/internal.h"
#include "io/loop.h"

#include <assert.h>
#include <stdlib.h>

/* libevent's own arithmetic stays far from overflow, whatever deadline is asked for. */
#define ARM_US_MAX (INT64_C(3600) * 1000000)

struct entry {
    int64_t due_us;
    struct timer *timer;
};

static struct entry *heap;
static size_t heap_size, heap_capacity;
static struct event *alarm_event;
static int64_t alarm_due_us = INT64_MAX;

static void heap_put(size_t i, struct entry entry)
{
    heap[i] = entry;
    entry.timer->place = i + 1;
}

static void heap_sift_up(size_t i, struct entry entry)
{
    while (i > 0 && heap[(i - 1) / 2].due_us > entry.due_us) {
        heap_put(i, heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_put(i, entry);
}

static void heap_sift_down(size_t i, struct entry entry)
{
    for (size_t child = 2 * i + 1; child < heap_size; child = 2 * i + 1) {
        if (child + 1 < heap_size && heap[child + 1].due_us < heap[child].due_us)
            child++;
        if (heap[child].due_us >= entry.due_us)
            break;
        heap_put(i, heap[child]);
        i = child;
    }
    heap_put(i, entry);
}

/* Places `entry` into the hole at i, in whichever direction order asks for. */
static void heap_settle(size_t i, struct entry entry)
{
    if (i > 0 && heap[(i - 1) / 2].due_us > entry.due_us)
        heap_sift_up(i, entry);
    else
        heap_sift_down(i, entry);
}

static void heap_grow(void)
{
    heap_capacity = heap_capacity ? heap_capacity * 2 : 64;
    heap = memory_resize(heap, heap_capacity * sizeof *heap);
}

static void alarm_arm(void)
{
    if (heap_size == 0 || heap[0].due_us >= alarm_due_us)
        return;
    int64_t left_us = heap[0].due_us - clock_monotonic_us();
    if (heap[0].due_us < 0 || left_us < 0)
        left_us = 0;
    if (left_us > ARM_US_MAX)
        left_us = ARM_US_MAX;
    const struct timeval after = { .tv_sec = left_us / 1000000, .tv_usec = left_us % 1000000 };
    if (event_add(alarm_event, &after) != 0)
        abort();
    alarm_due_us = heap[0].due_us;
}

void timer_set(struct timer *timer, int64_t due_us)
{
    const struct entry entry = { due_us, timer };
    assert(timer->fn);
    if (timer->place) {
        assert(heap[timer->place - 1].timer == timer);
        heap_settle(timer->place - 1, entry);
    } else {
        if (heap_size == heap_capacity)
            heap_grow();
        heap_size++;
        heap_sift_up(heap_size - 1, entry);
    }
    alarm_arm();
}

void timer_clear(struct timer *timer)
{
    if (!timer->place)
        return;
    const size_t i = timer->place - 1;
    assert(i < heap_size && heap[i].timer == timer);
    timer->place = 0;
    heap_size--;
    if (i < heap_size)
        heap_settle(i, heap[heap_size]);
}

/* Runs what is due. Bounded by what was set before, so that a timer that sets itself again cannot hold the loop. */
static void alarm_ring(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    const int64_t now_us = clock_monotonic_us();
    for (size_t left = heap_size; left > 0 && heap_size > 0 && heap[0].due_us <= now_us; left--) {
        struct timer *timer = heap[0].timer;
        timer_clear(timer);
        timer->fn(timer->arg);
    }
    alarm_due_us = INT64_MAX;
    alarm_arm();
}

void timers_open(void)
{
    alarm_event = evtimer_new(loop_base(), alarm_ring, NULL);
    if (!alarm_event)
        abort();
    alarm_due_us = INT64_MAX;
}

void timers_close(void)
{
    for (size_t i = 0; i < heap_size; i++)
        heap[i].timer->place = 0;
    event_free(alarm_event);
    memory_free(heap);
    alarm_event = NULL;
    heap = NULL;
    heap_size = heap_capacity = 0;
}
