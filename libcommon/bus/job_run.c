/* One run of one job: the handler, then what its outcome means for the row. The rows of jobs that are done are the runner's to end, many at
 * once; any other is settled by a unit of its own. Both are fenced by the attempt number, so a job that outlived its lease does not touch
 * the row of whoever has it now. When settling fails (no database), the lease runs out and the job runs again: handlers are idempotent.
 * Suspends throughout. */
#include "bus/job_internal.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "db/db.h"
#include "gen/common/sql.h"
#include "io/co.h"

#include <stdio.h>

#define SETTLE_ATTEMPTS 3
#define SETTLE_TIMEOUT_US (5 * INT64_C(1000000))

/* 1 s, 2 s, 4 s ... 10 min, each a quarter more or less; never before the other side wants to be asked again. */
static double backoff_s(const struct job_run *run)
{
    int doublings = run->job.attempt - 1;
    double delay = doublings < 10 ? (double)(JOB_BACKOFF_MIN_S << doublings) : JOB_BACKOFF_MAX_S;
    delay *= 0.75 + (double)(random_u64() % 1000) / 2000.0;
    if (delay < run->work.failure.retry_after_s)
        delay = run->work.failure.retry_after_s;
    if (delay < JOB_BACKOFF_MIN_S)
        return JOB_BACKOFF_MIN_S;
    return delay < JOB_BACKOFF_MAX_S ? delay : JOB_BACKOFF_MAX_S;
}

static struct slice error_text(struct job_run *run, const char *otherwise)
{
    const struct failure *failure = &run->work.failure;
    if (!failure->problem)
        return slice_from_text(otherwise);
    return arena_printf(run->work.arena, "%s: %.*s", failure->problem->code, SLICE_FMT(failure->detail));
}

/* A work of its own: the job's deadline may have passed, and its failure must stay. */
static struct work settle_work(const struct job_run *run)
{
    return (struct work){ .arena = run->work.arena, .deadline_us = clock_monotonic_us() + SETTLE_TIMEOUT_US,
                          .traceparent = run->work.traceparent, .trace_id = run->work.trace_id };
}

SUSPENDS static bool settle_once(struct job_run *run, enum job_outcome outcome, double delay_s, struct slice error)
{
    struct work w = settle_work(run);
    struct slice attempt = work_int(&w, run->job.attempt);
    if (outcome == JOB_DEAD)
        return db_run(&w, SQL(jobs_bury, .id = run->job.id, .attempt = attempt, .error = error));
    return db_run(&w, SQL(jobs_retry, .id = run->job.id, .attempt = attempt, .error = error,
                          .delay_s = arena_printf(w.arena, "%.3f", delay_s)));
}

SUSPENDS static void settle(struct job_run *run, enum job_outcome outcome, double delay_s, struct slice error)
{
    for (int attempt = 0; attempt < SETTLE_ATTEMPTS; attempt++) {
        if (settle_once(run, outcome, delay_s, error))
            return;
        co_sleep_us(SETTLE_TIMEOUT_US / 10);
    }
    log_warn("job not settled: it runs again after its lease", LOG_SLICE("kind", run->job.kind), LOG_SLICE("key", run->job.key));
}

/* Tried once: told twice, it would take an attempt from whoever has claimed the job meanwhile. When it fails the lease runs out, and an attempt is lost. */
SUSPENDS static void settle_later(struct job_run *run)
{
    struct work w = settle_work(run);
    double delay_s = JOB_LATER_S * (0.75 + (double)(random_u64() % 1000) / 2000.0);
    (void)!db_run(&w, SQL(jobs_later, .id = run->job.id, .attempt = work_int(&w, run->job.attempt), .delay_s = arena_printf(w.arena, "%.3f", delay_s)));
}

SUSPENDS void job_put_back(struct job_run *run)
{
    settle(run, JOB_RETRY, JOB_BACKOFF_MIN_S, SLICE("too much was running"));
    arena_free(run->work.arena);
}

SUSPENDS static enum job_outcome job_outcome_of(struct job_run *run)
{
    /* Claimed more often than it may run: the process died each time. */
    if (run->job.attempt > run->kind->attempts_max)
        return JOB_DEAD;
    enum job_outcome outcome = run->kind->run(&run->work, &run->job);
    return outcome == JOB_RETRY && run->job.attempt >= run->kind->attempts_max ? JOB_DEAD : outcome;
}

void job_run(void *arg)
{
    struct job_run *run = arg;
    enum job_outcome outcome = job_outcome_of(run);
    struct slice error = error_text(run, outcome == JOB_RETRY ? "it wants to run again" : "it gave up");
    static const char *const names[] = { [JOB_DONE] = "done", [JOB_RETRY] = "retry", [JOB_LATER] = "later", [JOB_DEAD] = "dead" };
    const bool well = outcome == JOB_DONE || outcome == JOB_LATER;
    log_write(well ? LOG_INFO : LOG_WARN, "job", LOG_SLICE("kind", run->job.kind), LOG_SLICE("key", run->job.key),
              LOG_TEXT("outcome", names[outcome]), LOG_INT("attempt", run->job.attempt),
              LOG_INT("us", clock_monotonic_us() - run->started_us), LOG_SLICE("trace_id", run->work.trace_id),
              LOG_SLICE("error", well ? SLICE_NONE : error));
    if (outcome == JOB_LATER)
        settle_later(run);
    else if (outcome != JOB_DONE)
        settle(run, outcome, backoff_s(run), error);
    run->ended(run, outcome);
}
