/* Runs a test's body in a coroutine of a fresh loop, and checks that nothing is left when it ends. */
#ifndef CUOTAS_TESTS_RUN_CO_H
#define CUOTAS_TESTS_RUN_CO_H

#include "base/clock.h"
#include "io/co.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Long enough for a loaded machine: no test passes by waiting it out. */
#define TEST_DEADLINE_US (clock_monotonic_us() + 20 * 1000000)

struct run_co_body {
    void (*body)(void *arg);
    void *arg;
};

static void run_co_main(void *arg)
{
    const struct run_co_body *run = arg;
    run->body(run->arg);
    /* What the body spawned ends too. */
    while (co_count() > 1)
        co_yield();
    loop_stop();
}

static void run_co(void (*body)(void *arg), void *arg)
{
    struct run_co_body run = { body, arg };
    loop_init();
    assert_int_equal(co_spawn(run_co_main, &run), RESULT_OK);
    loop_run();
    assert_int_equal(co_count(), 0);
    loop_close();
}

#endif
