/* The parent of WORKERS=n: no loop, no sockets, only wait(). A worker that dies is started again; one that cannot
 * start (it exits by itself, after as long as it tries to reach the database) ends the whole service, so that an operator sees it. */
#include "service/workers.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS_MAX 64
#define QUICK_DEATH_US 1000000

static struct {
    pid_t pid;
    int64_t started_us;
} workers[WORKERS_MAX];
static int worker_count;
static volatile sig_atomic_t stop_signal;

static void pass_on(int number)
{
    stop_signal = number;
    for (int i = 0; i < worker_count; i++)
        if (workers[i].pid > 0)
            kill(workers[i].pid, number);
}

static void worker_fork(int index, int (*run)(void), const sigset_t *mask)
{
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        abort();
    if (pid == 0) {
        signals_handle(signals_end_at_once);   /* until its loop hears them */
        sigprocmask(SIG_SETMASK, mask, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)   /* it died before we could ask to follow */
            _exit(1);
        exit(run());
    }
    workers[index].pid = pid;
    workers[index].started_us = clock_monotonic_us();
}

/* Signals wait meanwhile: one that came between fork and noting the pid would miss the new worker for good. */
static void worker_start(int index, int (*run)(void))
{
    sigset_t ours, before;
    log_flush();
    sigemptyset(&ours);
    for (size_t i = 0; i < END_SIGNALS; i++)
        sigaddset(&ours, end_signals[i]);
    sigprocmask(SIG_BLOCK, &ours, &before);
    if (!stop_signal)
        worker_fork(index, run, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void stop_all(void)
{
    pass_on(SIGTERM);
}

/* False when the service must end. */
static bool worker_ended(pid_t pid, int status, int (*run)(void))
{
    for (int i = 0; i < worker_count; i++) {
        if (workers[i].pid != pid)
            continue;
        workers[i].pid = 0;
        int64_t lived_us = clock_monotonic_us() - workers[i].started_us;
        bool quick = lived_us < QUICK_DEATH_US;
        if (stop_signal)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        log_error("worker died", LOG_INT("pid", pid), LOG_INT("status", status));
        if (WIFEXITED(status))   /* it could not start and has said why: the next one could not either */
            return false;
        if (quick)
            (void)usleep((useconds_t)(QUICK_DEATH_US - lived_us));   /* a signal ends it early */
        worker_start(i, run);
    }
    return true;
}

int workers_run(int count, int (*run)(void))
{
    bool clean = true;
    worker_count = count < WORKERS_MAX ? count : WORKERS_MAX;
    signals_handle(pass_on);
    for (int i = 0; i < worker_count; i++)
        worker_start(i, run);
    for (;;) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            break;
        if (!worker_ended(pid, status, run)) {
            clean = false;
            if (!stop_signal)
                stop_all();
        }
    }
    log_flush();
    return clean ? 0 : 1;
}
