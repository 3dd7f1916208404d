/* The scheduler: a fixed table of coroutines, a first-come first-served run queue, and the one way to wait.
 *
 * Invariants: only co_run_ready (the loop) enters a coroutine, so at most one runs; a coroutine is in exactly one place:
 * free list (FREE), run queue (READY), running, or waiting for its `wait` with its deadline set. A wait is finished once,
 * by its owner, by the deadline or by cancellation, whichever comes first; the last two tell the owner (abandon).
 * Owns the stacks: COROUTINE_STACKS_HOT free ones keep their pages, the rest give them back.
 * Suspend: wait_for, co_yield and what is built on them. */
#include "io/co.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "io/co_switch.h"
#include "io/internal.h"
#include "io/loop.h"
#include "io/timer.h"

#include <assert.h>

/* Resumptions in one turn before the loop looks at its fds again. */
#define READY_BUDGET 256
#define TOGETHER_LOOK_US INT64_C(60000000)

enum co_state { CO_FREE, CO_READY, CO_RUNNING, CO_WAITING };

struct co {
    struct co_stack stack;
    enum co_state state;
    bool ended;
    void (*fn)(void *arg);
    void *arg;
    struct co *next;          /* in the run queue or a free list */
    struct wait *wait;        /* while waiting */
    struct timer deadline;
};

static struct co table[COROUTINES_MAX];
static size_t mapped_count, busy_count, hot_count;
static struct co *hot, *cold;              /* free ones, last in first out */
static struct co *ready_first, *ready_last;
static struct co *current;
static bool cancelled;

/* The only place a state changes. */
static void co_become(struct co *co, enum co_state from, enum co_state to)
{
    assert(co->state == from);
    assert((to == CO_WAITING) == (co->wait != NULL));
    co->state = to;
}

static void co_queue(struct co *co, enum co_state from)
{
    co_become(co, from, CO_READY);
    co->next = NULL;
    if (ready_last)
        ready_last->next = co;
    else
        ready_first = co;
    ready_last = co;
}

static struct co *co_take_free(void)
{
    struct co *co = hot ? hot : cold;
    if (hot) {
        hot = co->next;
        hot_count--;
    } else if (cold) {
        cold = co->next;
    } else if (mapped_count < COROUTINES_MAX && co_stack_map(&table[mapped_count].stack)) {
        co = &table[mapped_count++];
    }
    return co;
}

static void co_put_free(struct co *co)
{
    co_become(co, CO_RUNNING, CO_FREE);
    timer_clear(&co->deadline);
    busy_count--;
    if (hot_count < COROUTINE_STACKS_HOT) {
        hot_count++;
        co->next = hot;
        hot = co;
    } else {
        co_stack_cool(&co->stack);
        co->next = cold;
        cold = co;
    }
}

static void co_main(void *arg)
{
    struct co *co = arg;
    co->fn(co->arg);
    co->ended = true;
}

static void co_deadline_passed(void *arg)
{
    struct co *co = arg;
    struct wait *wait = co->wait;
    if (wait->abandon)
        wait->abandon(wait);
    wait_finish(wait, RESULT_TIMEOUT);
}

enum result co_spawn(void (*fn)(void *arg), void *arg)
{
    struct co *co = co_take_free();
    if (!co)
        return RESULT_BUSY;
    busy_count++;
    co->ended = false;
    co->fn = fn;
    co->arg = arg;
    co->deadline.fn = co_deadline_passed;
    co->deadline.arg = co;
    co->stack.entry = co_main;
    co->stack.arg = co;
    co_queue(co, CO_FREE);
    return RESULT_OK;
}

static void co_resume(struct co *co)
{
    co_become(co, CO_READY, CO_RUNNING);
    current = co;
    co_stack_enter(&co->stack);
    current = NULL;
    if (co->ended)
        co_put_free(co);
}

bool co_has_ready(void)
{
    return ready_first != NULL;
}

void co_run_ready(void)
{
    assert(!current);
    for (int left = READY_BUDGET; left > 0 && ready_first; left--) {
        struct co *co = ready_first;
        ready_first = co->next;
        if (!ready_first)
            ready_last = NULL;
        co_resume(co);
    }
}

bool co_inside(void)
{
    return current != NULL;
}

size_t co_count(void)
{
    return busy_count;
}

void co_yield(void)
{
    struct co *self = current;
    assert(self);
    co_queue(self, CO_RUNNING);
    co_stack_leave(&self->stack);
}

enum result wait_for(struct wait *wait, int64_t deadline_us)
{
    struct co *self = current;
    assert(self && !wait->co);
    if (wait->finished)
        return wait->result;
    wait->co = self;
    if (cancelled) {
        if (wait->abandon)
            wait->abandon(wait);
        wait->finished = true;
        return wait->result = RESULT_CANCELLED;
    }
    self->wait = wait;
    timer_set(&self->deadline, deadline_us);
    co_become(self, CO_RUNNING, CO_WAITING);
    co_stack_leave(&self->stack);
    return wait->result;
}

void wait_finish(struct wait *wait, enum result result)
{
    assert(!wait->finished);
    wait->finished = true;
    wait->result = result;
    struct co *co = wait->co;
    if (!co)
        return;
    assert(co != current && co->wait == wait);
    timer_clear(&co->deadline);
    co->wait = NULL;
    co_queue(co, CO_WAITING);
}

struct together {
    SUSPENDS void (*fn)(void *arg);
    void *arg;
    struct crowd {
        size_t left;
        struct wait *waiter;
    } *crowd;
};

static SUSPENDS void together_main(void *arg)
{
    const struct together *one = arg;
    one->fn(one->arg);
    if (--one->crowd->left == 0 && one->crowd->waiter && !one->crowd->waiter->finished)
        wait_finish(one->crowd->waiter, RESULT_OK);
}

void co_together(SUSPENDS void (*fn)(void *arg), void *const *args, size_t count)
{
    struct crowd crowd = { .left = count };
    struct together all[CO_TOGETHER_MAX];
    assert(count <= CO_TOGETHER_MAX);
    for (size_t i = 0; i < count; i++) {
        all[i] = (struct together){ fn, args[i], &crowd };
        if (co_spawn(together_main, &all[i]) != RESULT_OK)
            together_main(&all[i]);
    }
    while (crowd.left) {
        struct wait ended = { 0 };
        crowd.waiter = &ended;
        if (wait_for(&ended, clock_monotonic_us() + TOGETHER_LOOK_US) == RESULT_CANCELLED)
            co_yield();   /* they are cancelled, too, and end as they run */
        crowd.waiter = NULL;
    }
}

void co_cancel_all(void)
{
    cancelled = true;
    for (size_t i = 0; i < mapped_count; i++) {
        struct wait *wait = table[i].wait;
        if (!wait)
            continue;
        if (wait->abandon)
            wait->abandon(wait);
        wait_finish(wait, RESULT_CANCELLED);
    }
}

void co_stacks_cool(void)
{
    for (struct co *co; (co = hot); cold = co) {
        hot = co->next;
        co_stack_cool(&co->stack);
        co->next = cold;
    }
    hot_count = 0;
}

void co_pool_close(void)
{
    assert(!current);
    if (busy_count > 0)
        log_warn("coroutines never ended", LOG_INT("count", (int64_t)busy_count));
    for (size_t i = 0; i < mapped_count; i++) {
        timer_clear(&table[i].deadline);
        co_stack_unmap(&table[i].stack);
        table[i] = (struct co){ .state = CO_FREE };
    }
    mapped_count = busy_count = hot_count = 0;
    hot = cold = ready_first = ready_last = NULL;
    cancelled = false;
}
