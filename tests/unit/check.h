/* What unit tests of pure modules share: cmocka's own prerequisites, comparing slices, and expecting an abort. */
#ifndef CUOTAS_TESTS_CHECK_H
#define CUOTAS_TESTS_CHECK_H

#include "base/slice.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TABLE_COUNT(table) (sizeof(table) / sizeof(table)[0])

#define assert_slice(actual, expected)                                                                                 \
    do {                                                                                                               \
        struct slice actual_ = (actual), expected_ = slice_from_text(expected);                                        \
        if (slice_is_none(actual_) || !slice_equals(actual_, expected_))                                               \
            fail_msg("got \"%.*s\"%s, expected \"%s\"", SLICE_FMT(actual_), actual_.data ? "" : " (none)", expected_.data); \
    } while (0)
#define assert_none(actual) assert_true(slice_is_none(actual))

/* Runs fn in a child process, which must abort. */
static inline void assert_aborts(void (*fn)(void))
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        fn();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

#endif
