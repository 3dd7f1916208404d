/* What job.c (the runner) and job_run.c (one job) tell each other and nobody else. */
#ifndef CUOTAS_BUS_JOB_INTERNAL_H
#define CUOTAS_BUS_JOB_INTERNAL_H

#include "bus/job.h"

/* A claimed job on its way: in its own arena, freed when it has been settled. */
struct job_run {
    struct job_run *next, *before;   /* the runner's list of those running */
    struct work work;
    struct job job;
    const struct job_kind *kind;
    int64_t started_us, leased_us;   /* monotonic: claimed, and last renewed */
    /* Called when it is settled, just before it is freed. */
    void (*ended)(struct job_run *run, enum job_outcome outcome);
};

/* A coroutine: runs the job and settles its row. */
void job_run(void *job_run);
/* Puts a claimed job back without having run it. */
SUSPENDS void job_put_back(struct job_run *run);

#endif
