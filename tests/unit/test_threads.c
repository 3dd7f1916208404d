/* The thread pool: results, its bounds, tasks that outlive their waiters, forks before the first use. */
#include "run_co.h"

#include "base/limits.h"
#include "io/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_t loop_thread;

static void square(void *arg)
{
    int *number = arg;
    assert_false(pthread_equal(pthread_self(), loop_thread));
    *number *= *number;
}

static void result_body(void *arg)
{
    (void)arg;
    static int number;
    for (number = 7; number < 1000;)
        assert_int_equal(thread_run(square, &number, TEST_DEADLINE_US), RESULT_OK);
    assert_int_equal(number, 7 * 7 * 7 * 7);
}

static void work_is_done_on_another_thread(void **state)
{
    (void)state;
    loop_thread = pthread_self();
    run_co(result_body, NULL);
}

/* ---- many at once ---- */

static atomic_int running, running_most;
static atomic_bool gate_open;

/* Holds a thread until the gate opens. */
static void hold(void *arg)
{
    (void)arg;
    const int now = atomic_fetch_add(&running, 1) + 1;
    int most = atomic_load(&running_most);
    while (now > most && !atomic_compare_exchange_weak(&running_most, &most, now))
        ;
    while (!atomic_load(&gate_open))
        sched_yield();
    atomic_fetch_sub(&running, 1);
}

static int finished, refused;

static void hold_run(void *arg)
{
    (void)arg;
    const enum result result = thread_run(hold, NULL, TEST_DEADLINE_US);
    if (result == RESULT_BUSY)
        refused++;
    else
        finished += result == RESULT_OK;
}

static void bounds_body(void *arg)
{
    (void)arg;
    atomic_store(&gate_open, false);
    for (int i = 0; i < THREADS_MAX; i++) {   /* one a thread, so that the queue is empty below */
        assert_int_equal(co_spawn(hold_run, NULL), RESULT_OK);
        while (atomic_load(&running) <= i)
            co_yield();
    }
    for (int i = 0; i < THREAD_QUEUE_MAX + 3; i++)
        assert_int_equal(co_spawn(hold_run, NULL), RESULT_OK);
    while (refused < 3)
        co_yield();
    atomic_store(&gate_open, true);
    while (finished < THREADS_MAX + THREAD_QUEUE_MAX)
        co_sleep_us(1000);
    assert_int_equal(atomic_load(&running_most), THREADS_MAX);
    assert_int_equal(refused, 3);
}

static void threads_and_their_queue_are_bounded(void **state)
{
    (void)state;
    finished = refused = 0;
    atomic_store(&running_most, 0);
    run_co(bounds_body, NULL);
}

/* ---- waiters that go away ---- */

static int released;

static void release(void *arg)
{
    assert_true(pthread_equal(pthread_self(), loop_thread));
    assert_false(co_inside());
    free(arg);
    released++;
}

static void late_body(void *arg)
{
    (void)arg;
    atomic_store(&gate_open, false);
    void *task = malloc(1);
    assert_int_equal(thread_run_owned(hold, task, release, clock_monotonic_us() + 2000), RESULT_TIMEOUT);
    assert_int_equal(released, 0);            /* it still runs */
    atomic_store(&gate_open, true);
    while (released == 0)
        co_sleep_us(1000);
    task = malloc(1);
    assert_int_equal(thread_run_owned(hold, task, release, TEST_DEADLINE_US), RESULT_OK);
    assert_int_equal(released, 1);            /* the waiter was there: its own to free */
    free(task);
}

static void a_task_that_outlives_its_waiter_is_released(void **state)
{
    (void)state;
    loop_thread = pthread_self();
    released = 0;
    run_co(late_body, NULL);
    assert_int_equal(released, 1);
}

static void leaving_body(void *arg)
{
    (void)arg;
    atomic_store(&gate_open, false);
    for (int i = 0; i < THREADS_MAX + 10; i++)
        assert_int_equal(thread_run_owned(hold, malloc(1), release, 0), RESULT_TIMEOUT);
    atomic_store(&gate_open, true);
}

/* Closing with tasks queued, running and done: each is released, whatever became of it. */
static void closing_releases_what_is_left(void **state)
{
    (void)state;
    loop_thread = pthread_self();
    released = 0;
    run_co(leaving_body, NULL);
    assert_int_equal(released, THREADS_MAX + 10);
}

/* ---- processes ---- */

static void signals_blocked(void *arg)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    *(bool *)arg = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT);
}

static void signals_body(void *arg)
{
    sigset_t mask;
    assert_int_equal(thread_run(signals_blocked, arg, TEST_DEADLINE_US), RESULT_OK);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM));
}

static void signals_stay_with_the_loop(void **state)
{
    (void)state;
    bool blocked = false;
    run_co(signals_body, &blocked);
    assert_true(blocked);
}

static void forked_workers_have_pools_of_their_own(void **state)
{
    (void)state;
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            loop_thread = pthread_self();
            run_co(result_body, NULL);
            _exit(0);
        }
    }
    for (int i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forked_workers_have_pools_of_their_own),
        cmocka_unit_test(work_is_done_on_another_thread),
        cmocka_unit_test(threads_and_their_queue_are_bounded),
        cmocka_unit_test(a_task_that_outlives_its_waiter_is_released),
        cmocka_unit_test(closing_releases_what_is_left),
        cmocka_unit_test(signals_stay_with_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
