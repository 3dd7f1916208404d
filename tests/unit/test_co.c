/* Coroutines: order, waits and their deadlines, cancellation, locks, signals, the pool's bound. */
#include "run_co.h"

#include "base/limits.h"
#include "io/timer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- order ---- */

static char trace[64];

static void note(char c)
{
    const size_t n = strlen(trace);
    assert_true(n + 1 < sizeof trace);
    trace[n] = c;
    trace[n + 1] = '\0';
}

static void note_twice(void *arg)
{
    const char *c = arg;
    assert_true(co_inside());
    note(*c);
    co_yield();
    note((char)(*c - 'a' + 'A'));
}

static void order_body(void *arg)
{
    (void)arg;
    trace[0] = '\0';
    for (const char *c = "abc"; *c; c++)
        assert_int_equal(co_spawn(note_twice, (void *)c), RESULT_OK);
    assert_string_equal(trace, "");           /* spawn never runs it at once */
    assert_int_equal(co_count(), 4);
    while (co_count() > 1)
        co_yield();
    assert_string_equal(trace, "abcABC");
}

static void spawned_coroutines_run_first_come_first_served(void **state)
{
    (void)state;
    assert_false(co_inside());
    run_co(order_body, NULL);
}

/* ---- waits ---- */

static void finish_it(void *arg)
{
    wait_finish(arg, RESULT_REFUSED);
}

static void wait_body(void *arg)
{
    (void)arg;
    struct wait wait = { 0 };
    assert_int_equal(co_spawn(finish_it, &wait), RESULT_OK);
    assert_int_equal(wait_for(&wait, TEST_DEADLINE_US), RESULT_REFUSED);

    struct wait early = { 0 };                /* finished before anybody waits */
    wait_finish(&early, RESULT_MALFORMED);
    assert_int_equal(wait_for(&early, 0), RESULT_MALFORMED);

    struct wait deferred = { 0 };             /* from the loop, outside any coroutine */
    loop_defer(finish_it, &deferred);
    assert_int_equal(wait_for(&deferred, TEST_DEADLINE_US), RESULT_REFUSED);
}

static void a_wait_ends_with_what_finished_it(void **state)
{
    (void)state;
    run_co(wait_body, NULL);
}

static void count_abandon(struct wait *wait)
{
    assert_false(wait->finished);
    ++*(int *)wait->owner;
}

static void timeout_body(void *arg)
{
    (void)arg;
    int abandoned = 0;
    struct wait wait = { .abandon = count_abandon, .owner = &abandoned };
    const int64_t deadline_us = clock_monotonic_us() + 3000;
    assert_int_equal(wait_for(&wait, deadline_us), RESULT_TIMEOUT);
    assert_int_equal(abandoned, 1);
    assert_true(clock_monotonic_us() >= deadline_us);

    struct wait passed = { .abandon = count_abandon, .owner = &abandoned };
    assert_int_equal(wait_for(&passed, 0), RESULT_TIMEOUT);
    assert_int_equal(abandoned, 2);

    struct wait finished = { .abandon = count_abandon, .owner = &abandoned };
    loop_defer(finish_it, &finished);
    assert_int_equal(wait_for(&finished, INT64_MAX), RESULT_REFUSED);
    assert_int_equal(abandoned, 2);
}

static void a_deadline_ends_a_wait_and_tells_its_owner(void **state)
{
    (void)state;
    run_co(timeout_body, NULL);
}

/* Many waits with deadlines in a shuffled order, some finished early: each ends for its own reason, and time never goes back. */
#define SLEEPERS 300

struct sleeper {
    struct wait wait;
    int64_t deadline_us;
    bool early;
};

static int64_t last_woken_us;
static int sleepers_left;

static void sleeper_run(void *arg)
{
    struct sleeper *s = arg;
    const enum result result = wait_for(&s->wait, s->deadline_us);
    assert_int_equal(result, s->early ? RESULT_OK : RESULT_TIMEOUT);
    if (!s->early) {
        assert_true(clock_monotonic_us() >= s->deadline_us);
        assert_true(s->deadline_us >= last_woken_us);
        last_woken_us = s->deadline_us;
    }
    sleepers_left--;
}

static void sleepers_body(void *arg)
{
    struct sleeper *sleepers = arg;
    const int64_t now_us = clock_monotonic_us();
    last_woken_us = 0;
    sleepers_left = SLEEPERS;
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i].deadline_us = now_us + 20000 + (i * 7919) % SLEEPERS * 50;
        sleepers[i].early = i % 3 == 0;
        assert_int_equal(co_spawn(sleeper_run, &sleepers[i]), RESULT_OK);
    }
    co_yield();
    for (int i = 0; i < SLEEPERS; i += 3)
        if (!sleepers[i].wait.finished)
            wait_finish(&sleepers[i].wait, RESULT_OK);
    while (sleepers_left > 0)
        co_sleep_us(1000);
}

static void deadlines_fire_in_their_order(void **state)
{
    (void)state;
    struct sleeper *sleepers = calloc(SLEEPERS, sizeof *sleepers);
    run_co(sleepers_body, sleepers);
    free(sleepers);
}

/* ---- fds ---- */

static void write_byte(void *arg)
{
    assert_int_equal(write(*(int *)arg, "x", 1), 1);
}

static void fd_body(void *arg)
{
    int *fds = arg;
    assert_int_equal(co_wait_fd(fds[0], EV_READ, clock_monotonic_us() + 2000), RESULT_TIMEOUT);
    assert_int_equal(co_wait_fd(fds[0], EV_WRITE, TEST_DEADLINE_US), RESULT_OK);
    assert_int_equal(co_spawn(write_byte, &fds[1]), RESULT_OK);
    assert_int_equal(co_wait_fd(fds[0], EV_READ, TEST_DEADLINE_US), RESULT_OK);
    assert_int_equal(co_wait_fd(-1, EV_READ, TEST_DEADLINE_US), RESULT_FAILED);
}

static void a_coroutine_waits_for_an_fd(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    run_co(fd_body, fds);
    close(fds[0]);
    close(fds[1]);
}

/* ---- together ---- */

struct part {
    char name;
    int turns;
};

static void part_main(void *arg)
{
    const struct part *part = arg;
    for (int i = 0; i < part->turns; i++) {
        note(part->name);
        co_sleep_us(1000);
    }
}

static void together_body(void *arg)
{
    struct part parts[] = { { 'a', 1 }, { 'b', 3 } };
    void *const all[] = { &parts[0], &parts[1] };
    trace[0] = '\0';
    if (arg)
        co_cancel_all();
    co_together(part_main, all, 2);
    assert_int_equal(strlen(trace), 4);       /* whoever ends first is waited for, too, and so is who was cancelled */
    assert_memory_equal(trace, "ab", 2);      /* at once, not one after the other */
    assert_int_equal(co_count(), 1);
}

static void those_that_run_together_end_before_who_waits_for_them(void **state)
{
    (void)state;
    run_co(together_body, NULL);
    run_co(together_body, (void *)"cancelled");
}

/* ---- cancellation ---- */

static int cancelled_count;
static struct co_lock cancel_lock;
static struct co_signal cancel_signal;

static void cancelled_waiter(void *arg)
{
    (void)arg;
    assert_int_equal(co_lock_acquire(&cancel_lock, INT64_MAX), RESULT_CANCELLED);
    assert_int_equal(co_signal_wait(&cancel_signal, INT64_MAX), RESULT_CANCELLED);   /* future waits too */
    co_sleep_us(INT64_C(3600) * 1000000);
    cancelled_count++;
}

static void cancel_body(void *arg)
{
    (void)arg;
    assert_int_equal(co_lock_acquire(&cancel_lock, 0), RESULT_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(co_spawn(cancelled_waiter, NULL), RESULT_OK);
    co_yield();
    co_cancel_all();
    while (cancelled_count < 5)
        co_yield();
    assert_null(cancel_lock.first);
    assert_null(cancel_lock.last);
    assert_null(cancel_signal.waiter);
    co_lock_release(&cancel_lock);
    assert_int_equal(co_lock_acquire(&cancel_lock, 0), RESULT_OK);   /* what needs no wait still works */
    co_lock_release(&cancel_lock);
}

static void cancelling_ends_present_and_future_waits(void **state)
{
    (void)state;
    cancelled_count = 0;
    run_co(cancel_body, NULL);
}

/* ---- lock and signal ---- */

static struct co_lock lock;

static void lock_holder(void *arg)
{
    assert_int_equal(co_lock_acquire(&lock, TEST_DEADLINE_US), RESULT_OK);
    note(*(const char *)arg);
    co_yield();
    note(*(const char *)arg);
    co_lock_release(&lock);
}

static void lock_impatient(void *arg)
{
    (void)arg;
    assert_int_equal(co_lock_acquire(&lock, clock_monotonic_us() + 2000), RESULT_TIMEOUT);
    note('-');
}

static void lock_body(void *arg)
{
    (void)arg;
    trace[0] = '\0';
    assert_int_equal(co_lock_acquire(&lock, 0), RESULT_OK);
    assert_int_equal(co_spawn(lock_holder, (void *)"a"), RESULT_OK);
    assert_int_equal(co_spawn(lock_impatient, NULL), RESULT_OK);
    assert_int_equal(co_spawn(lock_holder, (void *)"b"), RESULT_OK);
    assert_int_equal(co_spawn(lock_impatient, NULL), RESULT_OK);
    while (strcmp(trace, "--") != 0)
        co_sleep_us(1000);
    co_lock_release(&lock);
    /* Handed over, not free: nobody barges in before the first waiter runs. */
    assert_true(lock.held);
    assert_int_equal(co_spawn(lock_holder, (void *)"c"), RESULT_OK);
    while (co_count() > 1)
        co_yield();
    assert_string_equal(trace, "--aabbcc");
    assert_false(lock.held);
    assert_null(lock.last);
}

static void a_lock_serves_in_order_and_forgets_the_impatient(void **state)
{
    (void)state;
    run_co(lock_body, NULL);
}

static void raise_signal(void *arg)
{
    co_signal_raise(arg);
}

static void signal_body(void *arg)
{
    (void)arg;
    struct co_signal signal = { 0 };
    co_signal_raise(&signal);
    co_signal_raise(&signal);
    assert_int_equal(co_signal_wait(&signal, 0), RESULT_OK);         /* remembered, once */
    assert_int_equal(co_signal_wait(&signal, 0), RESULT_TIMEOUT);
    loop_defer(raise_signal, &signal);
    assert_int_equal(co_signal_wait(&signal, TEST_DEADLINE_US), RESULT_OK);
    assert_int_equal(co_signal_wait(&signal, 0), RESULT_TIMEOUT);
}

static void a_signal_is_remembered(void **state)
{
    (void)state;
    run_co(signal_body, NULL);
}

/* ---- stacks ---- */

static struct co_signal gate;
static size_t gate_held;

/* Dirties much of its stack, waits, and finds it as it was. */
static void deep_waiter(void *arg)
{
    volatile unsigned char page[3000];
    const unsigned char mark = (unsigned char)(uintptr_t)arg;
    for (size_t i = 0; i < sizeof page; i++)
        page[i] = mark;
    struct wait wait = { 0 };
    gate_held++;
    (void)wait_for(&wait, clock_monotonic_us() + 1000);
    for (size_t i = 0; i < sizeof page; i++)
        assert_int_equal(page[i], mark);
    if (--gate_held == 0)
        co_signal_raise(&gate);
}

static void pool_body(void *arg)
{
    (void)arg;
    /* Twice: first fresh mappings, then hot and cold free stacks. */
    for (int round = 0; round < 2; round++) {
        size_t spawned = 0;
        while (co_spawn(deep_waiter, (void *)(uintptr_t)spawned) == RESULT_OK)
            spawned++;
        assert_int_equal(spawned, COROUTINES_MAX - 1);
        assert_int_equal(co_count(), COROUTINES_MAX);
        assert_int_equal(co_signal_wait(&gate, TEST_DEADLINE_US), RESULT_OK);
        while (co_count() > 1)
            co_yield();
    }
}

static void the_pool_is_bounded_and_reused(void **state)
{
    (void)state;
    run_co(pool_body, NULL);
}

static int recurse(int depth)
{
    volatile char frame[1024];
    frame[depth % 1024] = (char)depth;
    const int below = depth == 0 ? 0 : recurse(depth - 1);
    return below + frame[depth % 1024];   /* read after the call: no compiler makes a loop of it */
}

static void overflow_body(void *arg)
{
    (void)arg;
    (void)recurse(4 * COROUTINE_STACK_BYTES / 1024);
    _exit(0);
}

static void a_stack_overflow_hits_the_guard_page(void **state)
{
    (void)state;
    const pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))   /* a sanitizer's report is expected */
            _exit(0);
        run_co(overflow_body, NULL);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_not_equal(status, 0);   /* SIGSEGV, or a sanitizer's report of it */
}

/* ---- loop ---- */

static int turns;

static void count_turn(void *arg)
{
    (void)arg;
    turns++;
}

static void defer_again(void *arg)
{
    (void)arg;
    note(turns == 0 ? '1' : '2');
    if (turns == 0)
        loop_defer(defer_again, NULL);
    else
        loop_stop();
}

static void deferred_calls_wait_for_their_turn(void **state)
{
    (void)state;
    trace[0] = '\0';
    turns = 0;
    loop_init();
    loop_each_turn(count_turn, NULL);
    loop_defer(defer_again, NULL);
    loop_run();
    assert_string_equal(trace, "12");
    assert_int_equal(turns, 2);
    loop_close();
}

static void timer_note(void *arg)
{
    note(*(const char *)arg);
    if (*(const char *)arg == 'c')
        loop_stop();
}

static void timers_can_be_moved_and_cleared(void **state)
{
    (void)state;
    trace[0] = '\0';
    loop_init();
    struct timer a = { timer_note, (void *)"a", 0 }, b = { timer_note, (void *)"b", 0 }, c = { timer_note, (void *)"c", 0 };
    const int64_t now_us = clock_monotonic_us();
    timer_set(&a, now_us + 1000);
    timer_set(&b, now_us + 2000);
    timer_set(&c, now_us + INT64_C(3600) * 1000000);
    timer_set(&a, now_us + 4000);
    timer_set(&c, now_us + 6000);
    timer_clear(&b);
    timer_clear(&b);
    loop_run();
    assert_string_equal(trace, "ac");
    loop_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spawned_coroutines_run_first_come_first_served),
        cmocka_unit_test(a_wait_ends_with_what_finished_it),
        cmocka_unit_test(a_deadline_ends_a_wait_and_tells_its_owner),
        cmocka_unit_test(deadlines_fire_in_their_order),
        cmocka_unit_test(a_coroutine_waits_for_an_fd),
        cmocka_unit_test(those_that_run_together_end_before_who_waits_for_them),
        cmocka_unit_test(cancelling_ends_present_and_future_waits),
        cmocka_unit_test(a_lock_serves_in_order_and_forgets_the_impatient),
        cmocka_unit_test(a_signal_is_remembered),
        cmocka_unit_test(the_pool_is_bounded_and_reused),
        cmocka_unit_test(a_stack_overflow_hits_the_guard_page),
        cmocka_unit_test(deferred_calls_wait_for_their_turn),
        cmocka_unit_test(timers_can_be_moved_and_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
