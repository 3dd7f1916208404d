/* Jobs: work to be done once at or after a logical time, outside the transaction that asked for it (charge a card,
 * send a mail, close a day). A row of table `job`, inserted by the statement that needs it:
 *     INSERT INTO job (kind, key, run_at, payload, trace) ... ON CONFLICT (key) DO NOTHING
 * Claimed with SKIP LOCKED under a lease in real time, short and renewed while the job runs; a job whose process died runs again
 * within seconds, so a handler must be idempotent: it calls out with a key derived from the job and records its effect in one unit. */
#ifndef CUOTAS_BUS_JOB_H
#define CUOTAS_BUS_JOB_H

#include "base/result.h"
#include "base/work.h"

#include <cjson/cJSON.h>

struct job {
    struct slice id;
    struct slice kind;
    struct slice key;
    struct slice payload;      /* JSON text */
    int attempt;               /* 1 on the first run */
    int64_t run_at_us;         /* logical time it was due */
};

enum job_outcome {
    JOB_DONE,      /* the row is deleted */
    JOB_RETRY,     /* runs again with exponential backoff and jitter; after job_kind.attempts_max it is dead */
    JOB_LATER,     /* it is not its turn: nothing was tried, and no attempt is used up; runs again in a minute or so */
    JOB_DEAD       /* cannot succeed: parked, counted, listed, retried only by an operator */
};

/* Generated from `x-jobs` in the contract: the function is job_<kind>, in services/<s>/job_<kind>.c. */
struct job_kind {
    const char *kind;
    SUSPENDS enum job_outcome (*run)(struct work *w, const struct job *job);
    int attempts_max;
    int timeout_s;             /* deadline of one run */
};

/* Starts the runner of this process, in the loop. kinds ends with { NULL }, at most JOB_KINDS_MAX, and stays valid. Rows of other
 * kinds are left alone. A job runs with its own work: deadline timeout_s, the trace of whoever asked for it, no customer
 * (`:owner` is NULL). A work->failure it leaves goes into last_error; its retry_after_s is respected. False: no coroutine. */
bool jobs_start(const struct job_kind *kinds);
/* Something may be due: a job was inserted by this process, or the logical clock was moved. */
void jobs_wake(void);
/* Stops claiming. */
void jobs_stop(void);
/* Stops claiming and waits for the running ones. */
SUSPENDS void jobs_drain(int64_t deadline_us);
/* Gives back what still runs, the last thing before the process ends under it: another process takes it up at once instead of when its
 * lease has run out. */
SUSPENDS void jobs_give_back(void);
/* A string / integer member of the job's payload; none / 0 when absent. */
struct slice job_text(struct work *w, const struct job *job, const char *member);
int64_t job_int(struct work *w, const struct job *job, const char *member);
/* For /metrics and the quiet barrier of the test clock: jobs due now and not dead, all running ones included, and dead ones, each counted up to
 * JOBS_COUNTED_MAX; for how long, in logical time, the oldest due one that nobody runs has waited. Of the database, whoever asks. */
#define JOBS_COUNTED_MAX 10000
struct job_stats {
    int64_t due, dead, oldest_due_s;
    uint64_t done, retried, died;
};
SUSPENDS bool jobs_stats(struct work *w, struct job_stats *out);

#endif
