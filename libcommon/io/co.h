/* Coroutines: straight-line C that waits. A coroutine runs until it waits or returns; then the loop goes on. Stacks
 * are 256 KiB with a guard page, pooled, at most COROUTINES_MAX.
 *
 * The one waiting primitive is `struct wait`: a coroutine fills one on its stack, hands its address to whoever will
 * finish it, and calls wait_for(). A wait always has a deadline. When the deadline passes first, wait_for returns
 * RESULT_TIMEOUT and the wait's address is dead: its owner must have been told through `abandon`. */
#ifndef CUOTAS_IO_CO_H
#define CUOTAS_IO_CO_H

#include "base/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct co;

struct wait {
    struct co *co;                      /* the waiter, NULL before wait_for */
    enum result result;
    bool finished;
    void (*abandon)(struct wait *wait); /* called on timeout or cancel, before wait_for returns: forget this wait. May be NULL */
    void *owner;                        /* for abandon */
};

/* Queues fn(arg) to run in a fresh coroutine; RESULT_BUSY when all stacks are taken. Never runs it at once. */
MUST_CHECK enum result co_spawn(void (*fn)(void *arg), void *arg);
/* Runs fn with each of the args (CO_TOGETHER_MAX at most) at once, a coroutine each, and returns when all have ended: also when they are cancelled, for what they
 * use may be on the caller's stack. Each keeps its own deadline. Where stacks are short they run one after the other. */
#define CO_TOGETHER_MAX 8
SUSPENDS void co_together(SUSPENDS void (*fn)(void *arg), void *const *args, size_t count);
/* True inside a coroutine. */
bool co_inside(void);
/* Coroutines that were spawned and have not ended. */
size_t co_count(void);
/* Lets everything else that is ready run first, for long stretches of work that never wait. */
SUSPENDS void co_yield(void);

/* Suspends until wait_finish or the deadline (monotonic us). Returns at once when already finished. A deadline that has
 * passed still lets the loop turn once. */
SUSPENDS enum result wait_for(struct wait *wait, int64_t deadline_us);
/* Queues the waiter to go on; from any loop callback or other coroutine, once. Never switches at once. */
void wait_finish(struct wait *wait, enum result result);

/* Shorter when the process is stopping. */
SUSPENDS void co_sleep_us(int64_t duration_us);
/* events: EV_READ and/or EV_WRITE. For fds of libraries; not for a stream's fd, which is registered edge-triggered (it
 * answers RESULT_FAILED then). */
SUSPENDS MUST_CHECK enum result co_wait_fd(int fd, short events, int64_t deadline_us);

/* A first-come first-served lock between coroutines of this process. Zero-initialised is free. */
struct co_lock {
    bool held;
    struct co_lock_waiter *first, *last;
};
SUSPENDS MUST_CHECK enum result co_lock_acquire(struct co_lock *lock, int64_t deadline_us);
void co_lock_release(struct co_lock *lock);

/* A latch many may wake and one coroutine waits on (a relay, a job runner): waking while nobody waits is remembered. */
struct co_signal {
    bool raised;
    struct wait *waiter;
};
void co_signal_raise(struct co_signal *signal);
/* RESULT_OK when raised, RESULT_TIMEOUT when not; lowers it. */
SUSPENDS enum result co_signal_wait(struct co_signal *signal, int64_t deadline_us);

/* Cancels every current and future wait of every coroutine with RESULT_CANCELLED: the last step of a drain. */
void co_cancel_all(void);
/* Unmaps all stacks (coroutines that still wait are lost: a bug, logged) and ends the cancelled state. By loop_close. */
void co_pool_close(void);
/* Gives back the pages of the stacks nobody uses. */
void co_stacks_cool(void);

#endif
