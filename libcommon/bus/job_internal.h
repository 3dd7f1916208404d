/* What job.c (the runner) and job_run.c (one job) tell each other and nobody else. */
#ifndef CUOTAS_BUS_JOB_INTERNAL_H
#define CUOTAS_BUS_JOB_INTERNAL_H

#include "bus/job.h"

/* A claimed job on its way: in its own arena, which whoever settles its row frees. */
struct job_run {
    struct job_run *next, *before;   /* the runner's list of those running */
    struct work work;
    struct job job;
    const struct job_kind *kind;
    int64_t started_us, leased_us;   /* monotonic: claimed, and last renewed */
    /* Called at its end, and it is the runner's again: settled, or, with JOB_DONE, still to be. */
    void (*ended)(struct job_run *run, enum job_outcome outcome);
};

/* A coroutine: runs the job and settles its row, unless it is done. */
void job_run(void *job_run);
/* Puts a claimed job back without having run it. */
SUSPENDS void job_put_back(struct job_run *run);

#endif
