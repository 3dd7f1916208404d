/* Units of work as callers see them: one coroutine hands calls over, waits for the unit's own sync, and gets either all its
 * results or the failure in its work.
 *
 * Ownership: a unit belongs to its waiter. When the deadline passes first, the waiter leaves: a unit not yet sent dies with
 * it, one that is on the wire goes on without a waiter and dies when its sync comes. `calls` and `work` are the waiter's, so they
 * are used only until the unit is sent. Everything that returns rows suspends. */
#include "db/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "gen/problems.h"

#include <assert.h>
#include <stdlib.h>

#define RETRY_PAUSE_US 20000

struct db *db_current;

struct db_unit *unit_new(const struct db_call *calls, size_t count)
{
    struct db_unit *unit = memory_new(sizeof *unit + count * sizeof unit->results[0]);
    unit->calls = calls;
    unit->count = count;
    for (size_t i = 0; i < count; i++) {
        unit->emits_events |= calls[i].statement->emits_events;
        unit->adds_jobs |= calls[i].statement->adds_jobs;
        unit->tells_changes |= calls[i].statement->tells_changes;
    }
    return unit;
}

void unit_free(struct db_unit *unit)
{
    for (size_t i = 0; i < unit->count; i++)
        PQclear(unit->results[i]);
    PQclear(unit->error);
    if (unit->prepares)
        memory_free((void *)unit->calls);
    memory_free(unit);
}

/* By name in any result: the calls may be gone with their waiter. */
static void unit_tell_changes(const struct db_unit *unit)
{
    for (size_t i = 0; i < unit->count; i++) {
        const PGresult *result = unit->results[i];
        int column = PQfnumber(result, "changed");
        for (int row = 0; column >= 0 && row < PQntuples(result); row++)
            if (!PQgetisnull(result, row, column))
                db_current->config.on_change(slice_of(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)));
    }
}

static void unit_tell_commit(const struct db_unit *unit)
{
    const struct db_config *config = &db_current->config;
    if (unit->emits_events && config->on_events)
        config->on_events();
    if (unit->adds_jobs && config->on_jobs)
        config->on_jobs();
    if (unit->tells_changes && config->on_change)
        unit_tell_changes(unit);
}

void unit_settle(struct db_unit *unit, enum unit_state state)
{
    assert(unit->state != UNIT_DONE && unit->state != UNIT_LOST && unit->state != UNIT_UNSERVED);
    unit->state = state;
    if (!unit->prepares) {
        db_current->units++;
        if (state != UNIT_DONE || unit->error)
            db_current->failures++;
        else
            unit_tell_commit(unit);
    }
    if (unit->wait)
        wait_finish(unit->wait, RESULT_OK);
    else
        unit_free(unit);
}

void unit_abandon(struct wait *wait)
{
    struct db_unit *unit = wait->owner;
    unit->wait = NULL;
    unit->work = NULL;
    if (!unit->prepares)
        unit->calls = NULL;
    if (unit->state == UNIT_WAITING) {
        pool_withdraw(unit);
        unit_free(unit);
    }
}

/* False: the waiter has left, and the unit is no longer its own. */
SUSPENDS static bool unit_await(struct work *w, enum statement_pool pool, struct db_unit *unit)
{
    struct wait wait = { .abandon = unit_abandon, .owner = unit };
    unit->work = w;
    unit->wait = &wait;
    unit->pool = pool;
    pool_submit(&db_current->pools[pool], unit);
    return wait_for(&wait, w->deadline_us) == RESULT_OK;
}

/* Only what certainly had no effect, or a read that never answered, is sent again. */
static bool unit_may_repeat(const struct db_unit *unit, int attempt)
{
    if (unit->state == UNIT_LOST)
        return unit->pool != POOL_WRITE && attempt == 0;
    return unit->state == UNIT_DONE && unit->error && attempt < DB_RETRIES_MAX && failure_is_transient(unit);
}

/* Results into the arena; the index of the first that names a problem, or -1. */
static int unit_take_results(struct work *w, struct db_unit *unit, const struct rows **results)
{
    int problem_at = -1;
    for (size_t i = 0; i < unit->count; i++) {
        if (problem_at < 0 && failure_in_rows(w, unit->calls[i].statement, unit->results[i]))
            problem_at = (int)i;
        results[i] = rows_own(w->arena, unit->results[i]);
        unit->results[i] = NULL;
    }
    return problem_at;
}

/* After the unit has ended: true when it is to be sent again, and then nothing else is done with it. */
SUSPENDS static bool unit_conclude(struct work *w, struct db_unit *unit, int attempt, struct unit_outcome *out)
{
    out->committed = unit->state == UNIT_DONE && !unit->error;
    out->failed_at = -1;
    if (out->committed) {
        out->failed_at = unit_take_results(w, unit, out->results);
    } else if (unit_may_repeat(unit, attempt)) {
        bool pause = unit->error;
        unit_free(unit);
        if (pause)
            co_sleep_us((int64_t)(random_u64() % RETRY_PAUSE_US));
        return true;
    } else {
        if (unit->error && unit->failed_at < unit->count && !failure_is_of_server(unit->error))
            out->failed_at = (int)unit->failed_at;
        failure_record(w, unit);
    }
    unit_free(unit);
    return false;
}

SUSPENDS bool unit_run(struct work *w, enum statement_pool pool, const struct db_call *calls, size_t count,
                       struct unit_outcome *out)
{
    out->committed = false;
    out->failed_at = -1;
    for (int attempt = 0; db_current && !db_current->closing; attempt++) {
        struct db_unit *unit = unit_new(calls, count);
        if (!unit_await(w, pool, unit)) {
            work_fail(w, &PROBLEM_unavailable, "the database did not answer in time");
            w->failure.retry_after_s = 1;
            return false;
        }
        if (!unit_conclude(w, unit, attempt, out))
            return out->committed && out->failed_at < 0;
    }
    work_fail(w, &PROBLEM_unavailable, "the database is not open");
    return false;
}

SUSPENDS const struct rows *db_all(struct work *w, const struct statement *st, const struct slice *args)
{
    const struct db_call call = { .statement = st, .args = args };
    const struct rows *rows = NULL;
    struct unit_outcome outcome = { .results = &rows };
    return unit_run(w, st->pool, &call, 1, &outcome) ? rows : NULL;
}

SUSPENDS const struct row *db_maybe(struct work *w, const struct statement *st, const struct slice *args)
{
    const struct rows *rows = db_all(w, st, args);
    return rows && rows_count(rows) > 0 ? rows_at(rows, 0) : NULL;
}

SUSPENDS const struct row *db_one(struct work *w, const struct statement *st, const struct slice *args)
{
    const struct row *row = db_maybe(w, st, args);
    if (!row && !work_failed(w))
        work_fail(w, &PROBLEM_not_found, "nothing here goes by that id");
    return row;
}

SUSPENDS bool db_run(struct work *w, const struct statement *st, const struct slice *args)
{
    return db_all(w, st, args) != NULL;
}
