/* The runner: one coroutine that, in one statement, ends the jobs that are done and claims due ones in batches; then it starts a coroutine
 * for each, at most JOBS_RUNNING_MAX. It sleeps until the next job is due by the logical clock, is woken by inserts of this process, by jobs
 * that end and by clock advances, and else polls: other processes insert too. Polling slows down to once a second while nothing is due. The last places are only for kinds that hold few: jobs of one
 * kind that all wait for the same stuck provider or mail server leave room for the others. In between it renews the leases of jobs that take long: a
 * lease is short, so that the jobs of a process that was killed do not wait for their timeouts.
 * Invariants: the list (and `running`) holds the runs that were handed to co_spawn and have not ended; `done` those whose rows are still to
 * be ended. As a turn begins both together are at most JOBS_RUNNING_MAX: it claims for the places that are free then.
 * Suspend: the runner, jobs_drain, jobs_stats. */
#include "bus/job_internal.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "db/db.h"
#include "gen/common/sql.h"
#include "io/co.h"
#include "wire/json.h"
#include "wire/traceparent.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define CLAIM_TIMEOUT_US (5 * INT64_C(1000000))
#define GIVE_BACK_TIMEOUT_US (1 * INT64_C(1000000))
#define KINDS_BYTES 4096
#define REFILL (JOBS_SHARED * 3 / 4)   /* with no more than these running, what there was no room for is asked for again: a turn takes a while */
#define DONE_TRIES 3
#define DONE_PAUSE_US (INT64_C(500) * 1000)
#define RUN_LIST_BYTES (JOBS_RUNNING_MAX * 24 + 3)

static struct {
    const struct job_kind *kinds;
    char kind_list[KINDS_BYTES];   /* as a PostgreSQL array */
    struct co_signal signal, drained;
    struct job_run *first, *done;
    size_t running;
    int done_failed;               /* turns in a row that could not end them */
    bool active, stopping, saturated;
    bool due;                      /* there may be something to claim: else a turn only ends what is done */
    int64_t asked_us, next_us;     /* monotonic: when jobs were last asked for; logical: when one was due then, 0: none */
    int64_t scarce_us;             /* monotonic: when nobody wanted the last places; to ask reads past all that must not have them */
    uint64_t succeeded, retried, died;
} runner;

/* ---- Running ---- */

static void runner_link(struct job_run *run)
{
    run->next = runner.first;
    if (run->next)
        run->next->before = run;
    runner.first = run;
    runner.running++;
}

static void runner_unlink(struct job_run *run)
{
    if (run->next)
        run->next->before = run->before;
    if (run->before)
        run->before->next = run->next;
    else
        runner.first = run->next;
    runner.running--;
}

static void runner_job_ended(struct job_run *run, enum job_outcome outcome)
{
    runner_unlink(run);
    runner.retried += outcome == JOB_RETRY;
    runner.died += outcome == JOB_DEAD;
    if (outcome == JOB_DONE) {
        run->next = runner.done;
        runner.done = run;
    } else {
        arena_free(run->work.arena);
    }
    /* More may be due than there was room for; a retry is due at a time the runner does not know yet. */
    if ((runner.saturated && runner.running <= REFILL) || outcome == JOB_RETRY || outcome == JOB_LATER)
        runner.due = true;
    if (runner.due || runner.done || runner.stopping)
        co_signal_raise(&runner.signal);
}

static const struct job_kind *kind_find(struct slice name)
{
    for (const struct job_kind *kind = runner.kinds; kind->kind; kind++)
        if (slice_equals_text(name, kind->kind))
            return kind;
    return NULL;
}

static struct job_run *job_run_make(const struct row *row)
{
    struct arena *arena = arena_new();
    struct job_run *run = ARENA_NEW(arena, struct job_run);
    struct traceparent trace;
    run->kind = kind_find(row_text(row, "kind"));
    assert(run->kind);
    run->started_us = run->leased_us = clock_monotonic_us();
    run->ended = runner_job_ended;
    run->job = (struct job){
        .id = arena_copy(arena, row_text(row, "id")),
        .kind = arena_copy(arena, row_text(row, "kind")),
        .key = arena_copy(arena, row_text(row, "key")),
        .payload = arena_copy(arena, row_text(row, "payload")),
        .attempt = (int)row_int(row, "attempts"),
        .run_at_us = row_int(row, "run_at_us"),
    };
    run->work = (struct work){
        .arena = arena,
        .deadline_us = clock_monotonic_us() + run->kind->timeout_s * INT64_C(1000000),
        .traceparent = traceparent_next(arena, row_text(row, "trace")),
        .identity = { .kind = IDENTITY_SERVICE },
    };
    if (traceparent_parse(run->work.traceparent, &trace))
        run->work.trace_id = trace.trace_id;
    return run;
}

SUSPENDS static void runner_start(const struct row *row)
{
    struct job_run *run = job_run_make(row);
    if (co_spawn(job_run, run) == RESULT_OK)
        runner_link(run);
    else
        job_put_back(run);
}

static size_t kind_running(const struct job_kind *kind)
{
    size_t count = 0;
    for (const struct job_run *run = runner.first; run; run = run->next)
        count += run->kind == kind;
    return count;
}

/* The kinds that may have one of the next places, as a PostgreSQL array; how many places those are, 0 when none is to be claimed now. */
static size_t runner_room(void)
{
    bool scarce = runner.running >= JOBS_SHARED;
    size_t size = 0;
    runner.kind_list[size++] = '{';
    for (const struct job_kind *kind = runner.kinds; kind->kind; kind++) {
        if (scarce && kind_running(kind) >= JOBS_SHARED / 3)
            continue;
        size += (size_t)snprintf(runner.kind_list + size, KINDS_BYTES - size, "%s%s", size > 1 ? "," : "", kind->kind);
    }
    (void)snprintf(runner.kind_list + size, KINDS_BYTES - size, "}");
    int64_t now_us = clock_monotonic_us();
    if (!runner.due || runner.stopping || memory_short() || (scarce && now_us - runner.scarce_us < JOB_POLL_MS * INT64_C(1000)))
        return 0;
    return (scarce ? JOBS_RUNNING_MAX : JOBS_SHARED) - runner.running;
}

/* Ids and attempts of some runs, as PostgreSQL's arrays. */
struct run_list {
    char *ids, *attempts;
    size_t ids_size, attempts_size, count;
};

static void run_list_add(struct run_list *list, const struct job_run *run)
{
    const char separator = list->count++ ? ',' : '{';
    list->ids_size += (size_t)snprintf(list->ids + list->ids_size, RUN_LIST_BYTES - list->ids_size, "%c%.*s", separator, SLICE_FMT(run->job.id));
    list->attempts_size +=
        (size_t)snprintf(list->attempts + list->attempts_size, RUN_LIST_BYTES - list->attempts_size, "%c%d", separator, run->job.attempt);
}

static struct slice run_list_end(const struct run_list *list, char *text, size_t size)
{
    if (list->count == 0)
        return SLICE("{}");
    assert(size + 1 < RUN_LIST_BYTES);
    text[size] = '}';
    return slice_of(text, size + 1);
}

static void done_free(struct job_run *run)
{
    while (run) {
        struct job_run *next = run->next;
        arena_free(run->work.arena);
        run = next;
    }
}

/* After a turn: those it took are ended, or are kept for the next, and given up at last. */
static void done_settled(struct job_run *taken, size_t count, bool reached)
{
    runner.done_failed = reached ? 0 : runner.done_failed + 1;
    if (reached || runner.done_failed == DONE_TRIES) {
        if (reached)
            runner.succeeded += count;
        else if (count > 0)
            log_warn("jobs not settled: they run again after their leases", LOG_INT("count", (int64_t)count));
        runner.done_failed = 0;
        done_free(taken);
        return;
    }
    struct job_run **last = &runner.done;
    while (*last)
        last = &(*last)->next;
    *last = taken;
}

/* Ends what is done; claims and starts what there is room for. False when the database did not answer. *next_us: when the next job is due
 * (logical), 0 when none is known of. */
SUSPENDS static bool runner_claim(size_t room, size_t *claimed, int64_t *next_us)
{
    char ids[RUN_LIST_BYTES], attempts[RUN_LIST_BYTES];
    struct run_list list = { ids, attempts, 0, 0, 0 };
    bool scarce = runner.running >= JOBS_SHARED;
    struct job_run *done = runner.done;
    runner.done = NULL;
    for (const struct job_run *run = done; run; run = run->next)
        run_list_add(&list, run);
    struct work w = { .arena = arena_new(), .deadline_us = clock_monotonic_us() + CLAIM_TIMEOUT_US };
    const struct rows *rows = db_all(&w, SQL(jobs_turn, .kinds = slice_from_text(runner.kind_list), .lease_s = work_int(&w, JOB_LEASE_S),
                                             .limit = work_int(&w, (int64_t)room), .done_ids = run_list_end(&list, ids, list.ids_size),
                                             .done_attempts = run_list_end(&list, attempts, list.attempts_size)));
    done_settled(done, list.count, rows != NULL);
    *claimed = 0;
    *next_us = rows ? row_int(rows_at(rows, 0), "next_at_us") : 0;
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        if (slice_is_none(row_text(rows_at(rows, i), "id")))
            continue;
        runner_start(rows_at(rows, i));
        (*claimed)++;
    }
    if (room > 0)
        runner.saturated = *claimed == room || scarce;   /* scarce: of the kinds that were not asked for there may be more */
    if (scarce && *claimed < room)
        runner.scarce_us = clock_monotonic_us();
    arena_free(w.arena);
    return rows != NULL;
}

/* Due for a renewal, and not stuck past its timeout. */
static bool lease_is_due(const struct job_run *run, int64_t now_us)
{
    int64_t patience_us = (run->kind->timeout_s + JOB_LEASE_MARGIN_S) * INT64_C(1000000);
    return now_us - run->leased_us >= JOB_RENEW_MS * INT64_C(1000) && now_us - run->started_us < patience_us;
}

static void add_due_leases(struct run_list *list, struct job_run *run, int64_t now_us)
{
    for (; run; run = run->next) {
        if (!lease_is_due(run, now_us))
            continue;
        run_list_add(list, run);
        run->leased_us = now_us;   /* whether it works or not: the next try comes in time */
    }
}

/* Also of those that are done and could not be ended yet: nobody else is to do them again meanwhile. */
SUSPENDS static void runner_renew(void)
{
    char ids[RUN_LIST_BYTES], attempts[RUN_LIST_BYTES];
    struct run_list list = { ids, attempts, 0, 0, 0 };
    int64_t now_us = clock_monotonic_us();
    add_due_leases(&list, runner.first, now_us);
    add_due_leases(&list, runner.done, now_us);
    if (list.count == 0)
        return;
    struct work w = { .arena = arena_new(), .deadline_us = now_us + CLAIM_TIMEOUT_US };
    (void)db_run(&w, SQL(jobs_renew, .ids = run_list_end(&list, ids, list.ids_size),
                         .attempts = run_list_end(&list, attempts, list.attempts_size), .lease_s = work_int(&w, JOB_LEASE_S)));
    arena_free(w.arena);
}

static int64_t sooner_us(int64_t poll_us, int64_t next_us)
{
    int64_t until_us = next_us - clock_logical_us();
    return next_us && until_us < poll_us ? (until_us > 0 ? until_us : 0) : poll_us;
}

/* One turn; how long to wait then. */
SUSPENDS static int64_t runner_turn(int64_t *poll_us)
{
    const int64_t idle_us = JOB_POLL_IDLE_MS * INT64_C(1000);
    size_t claimed = 0;
    int64_t next_us = 0;
    /* Jobs that end again and again must not put off the time for looking. */
    runner.due |= clock_monotonic_us() - runner.asked_us >= *poll_us || (runner.next_us && runner.next_us <= clock_logical_us());
    size_t room = runner_room();
    if (room == 0 && !runner.done)
        return runner.due ? JOB_POLL_MS * INT64_C(1000) : *poll_us;
    runner.due &= room == 0;
    bool reached = runner_claim(room, &claimed, &next_us);
    runner.next_us = next_us;
    if (room > 0)
        runner.asked_us = clock_monotonic_us();
    if (runner.done && !reached)
        return DONE_PAUSE_US;
    if (room == 0)
        return runner.due ? JOB_POLL_MS * INT64_C(1000) : sooner_us(*poll_us, next_us);
    if (claimed > 0)
        *poll_us = JOB_POLL_MS * INT64_C(1000);
    else
        *poll_us = !reached || *poll_us * 2 > idle_us ? idle_us : *poll_us * 2;
    return sooner_us(*poll_us, next_us);
}

static bool runner_has_work(void)
{
    return !runner.stopping || runner.running > 0 || runner.done;
}

static void runner_main(void *unused)
{
    (void)unused;
    int64_t poll_us = JOB_POLL_MS * INT64_C(1000);
    enum result result = RESULT_OK;
    while (runner_has_work() && result != RESULT_CANCELLED) {
        int64_t pause_us = runner_turn(&poll_us);
        runner_renew();
        if (!runner_has_work())
            break;
        result = co_signal_wait(&runner.signal, clock_monotonic_us() + pause_us);
        runner.due |= result == RESULT_TIMEOUT;
        co_yield();   /* a job whose last commit woke the runner ends first: one turn for both */
    }
    done_free(runner.done);
    runner.done = NULL;
    runner.active = false;
    co_signal_raise(&runner.drained);
}

/* ---- Starting and stopping ---- */

static void check_kinds(void)
{
    size_t size = 0, count = 0;
    for (const struct job_kind *kind = runner.kinds; kind->kind; kind++, count++) {
        size += strlen(kind->kind) + 1;
        assert(count < JOB_KINDS_MAX && size + 3 < KINDS_BYTES);
    }
}

bool jobs_start(const struct job_kind *kinds)
{
    assert(!runner.active && runner.running == 0);
    memset(&runner, 0, sizeof runner);
    runner.kinds = kinds;
    check_kinds();
    runner.due = true;
    runner.active = co_spawn(runner_main, NULL) == RESULT_OK;
    if (!runner.active)
        log_error("the job runner cannot start");
    return runner.active;
}

void jobs_wake(void)
{
    /* When more is known to wait than there was room for, it is asked for when some places are free, not one by one. */
    if (runner.saturated && runner.running > REFILL && runner.running < JOBS_SHARED)
        return;
    runner.due = true;
    co_signal_raise(&runner.signal);
}

void jobs_stop(void)
{
    runner.stopping = true;
    co_signal_raise(&runner.signal);
}

SUSPENDS void jobs_drain(int64_t deadline_us)
{
    jobs_stop();
    while (runner.active)
        if (co_signal_wait(&runner.drained, deadline_us) != RESULT_OK)
            return;
}

/* The leases of these are the runner's alone: nobody settles between the statement and the end. */
SUSPENDS void jobs_give_back(void)
{
    char ids[RUN_LIST_BYTES], attempts[RUN_LIST_BYTES];
    struct run_list list = { ids, attempts, 0, 0, 0 };
    for (struct job_run *run = runner.first; run; run = run->next)
        run_list_add(&list, run);
    if (list.count == 0)
        return;
    struct work w = { .arena = arena_new(), .deadline_us = clock_monotonic_us() + GIVE_BACK_TIMEOUT_US };
    bool given = db_run(&w, SQL(jobs_give_back, .ids = run_list_end(&list, ids, list.ids_size),
                                .attempts = run_list_end(&list, attempts, list.attempts_size)));
    log_warn(given ? "jobs still ran; they are given back" : "jobs still ran; they run again after their leases",
             LOG_INT("count", (int64_t)list.count));
    arena_free(w.arena);
}

SUSPENDS bool jobs_stats(struct work *w, struct job_stats *out)
{
    const struct row *row = db_one(w, SQL(jobs_count, .most = work_int(w, JOBS_COUNTED_MAX)));
    if (!row)
        return false;
    *out = (struct job_stats){ .due = row_int(row, "due"), .dead = row_int(row, "dead"), .oldest_due_s = row_int(row, "oldest_due_s"),
                               .done = runner.succeeded, .retried = runner.retried, .died = runner.died };
    return true;
}

/* ---- Payloads ---- */

struct slice job_text(struct work *w, const struct job *job, const char *member)
{
    return json_walk_text(w->arena, json_walk_member(job->payload, member));
}

int64_t job_int(struct work *w, const struct job *job, const char *member)
{
    (void)w;
    int64_t value = 0;
    return slice_to_int64(json_walk_member(job->payload, member), &value) ? value : 0;
}
