/* What coroutines wait for, built on wait_for: time, an fd, a lock, a signal. Every structure a waker can reach lives on
 * the waiter's stack and is unlinked by `abandon` before the waiter goes on, whatever ended the wait. All but the
 * _release and _raise functions suspend. */
#include "io/co.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/loop.h"

#include <assert.h>
#include <event2/event_struct.h>

void co_sleep_us(int64_t duration_us)
{
    struct wait wait = { 0 };
    (void)wait_for(&wait, clock_monotonic_us() + duration_us);
}

/* ---- an fd ---- */

struct fd_wait {
    struct wait wait;
    struct event event;
};

static void fd_wait_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fd_wait *waiting = arg;
    wait_finish(&waiting->wait, RESULT_OK);
}

static void fd_wait_abandon(struct wait *wait)
{
    struct fd_wait *waiting = wait->owner;
    (void)event_del(&waiting->event);
}

enum result co_wait_fd(int fd, short events, int64_t deadline_us)
{
    struct fd_wait waiting = { .wait = { .abandon = fd_wait_abandon } };
    waiting.wait.owner = &waiting;
    if (fd < 0 || event_assign(&waiting.event, loop_base(), fd, events, fd_wait_ready, &waiting) != 0 ||
        event_add(&waiting.event, NULL) != 0) {
        log_error("fd cannot be waited for", LOG_INT("fd", fd));
        return RESULT_FAILED;
    }
    return wait_for(&waiting.wait, deadline_us);
}

/* ---- a lock: release hands it to the first waiter, so nobody can barge in between ---- */

struct co_lock_waiter {
    struct wait wait;
    struct co_lock *lock;
    struct co_lock_waiter *next;
};

static void lock_abandon(struct wait *wait)
{
    struct co_lock_waiter *waiter = wait->owner, *before = NULL;
    struct co_lock *lock = waiter->lock;
    for (struct co_lock_waiter *at = lock->first; at != waiter; at = at->next) {
        assert(at);
        before = at;
    }
    if (before)
        before->next = waiter->next;
    else
        lock->first = waiter->next;
    if (lock->last == waiter)
        lock->last = before;
}

enum result co_lock_acquire(struct co_lock *lock, int64_t deadline_us)
{
    if (!lock->held) {
        assert(!lock->first);
        lock->held = true;
        return RESULT_OK;
    }
    struct co_lock_waiter waiter = { .wait = { .abandon = lock_abandon }, .lock = lock };
    waiter.wait.owner = &waiter;
    if (lock->last)
        lock->last->next = &waiter;
    else
        lock->first = &waiter;
    lock->last = &waiter;
    return wait_for(&waiter.wait, deadline_us);
}

void co_lock_release(struct co_lock *lock)
{
    assert(lock->held);
    struct co_lock_waiter *next = lock->first;
    if (!next) {
        lock->held = false;
        return;
    }
    lock->first = next->next;
    if (!lock->first)
        lock->last = NULL;
    wait_finish(&next->wait, RESULT_OK);
}

/* ---- a signal ---- */

static void signal_abandon(struct wait *wait)
{
    struct co_signal *signal = wait->owner;
    signal->waiter = NULL;
}

void co_signal_raise(struct co_signal *signal)
{
    struct wait *waiter = signal->waiter;
    signal->raised = !waiter;
    signal->waiter = NULL;
    if (waiter)
        wait_finish(waiter, RESULT_OK);
}

enum result co_signal_wait(struct co_signal *signal, int64_t deadline_us)
{
    assert(!signal->waiter);
    if (signal->raised) {
        signal->raised = false;
        return RESULT_OK;
    }
    struct wait wait = { .abandon = signal_abandon, .owner = signal };
    signal->waiter = &wait;
    return wait_for(&wait, deadline_us);
}
