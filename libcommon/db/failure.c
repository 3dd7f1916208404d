/* PostgreSQL's errors as the problems of the API: the one place that knows SQLSTATEs. Logs name statements, SQLSTATEs and
 * constraints, never parameters or messages that may quote them. Nothing here suspends. */
#include "db/internal.h"

#include "base/log.h"
#include "gen/problems.h"

#include <limits.h>

#define SQLSTATE_PROBLEM "CU001"          /* cuotas_fail */
#define SQLSTATE_CURSOR_MOVED "CU002"     /* cuotas_move_cursors: the bus expects it */
#define SQLSTATE_STALE_PLAN "0A000"
#define SQLSTATE_UNKNOWN_PREPARED "26000"

static struct slice error_field(const PGresult *error, int field)
{
    return slice_from_text(PQresultErrorField(error, field));
}

static struct slice sqlstate_of(const PGresult *error)
{
    return error_field(error, PG_DIAG_SQLSTATE);
}

static bool sqlstate_in(struct slice sqlstate, const char *const *list)
{
    for (; *list; list++)
        if (slice_starts_with(sqlstate, slice_from_text(*list)))
            return true;
    return false;
}

bool failure_is_stale_plan(const PGresult *error)
{
    struct slice sqlstate = sqlstate_of(error);
    return slice_equals_text(sqlstate, SQLSTATE_UNKNOWN_PREPARED) ||
           (slice_equals_text(sqlstate, SQLSTATE_STALE_PLAN) &&
            slice_equals_text(error_field(error, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery"));
}

bool failure_is_transient(const struct db_unit *unit)
{
    static const char *const transient[] = { "40001", "40P01", NULL };
    return sqlstate_in(sqlstate_of(unit->error), transient) || failure_is_stale_plan(unit->error);
}

static void log_failure(enum log_level level, const struct statement *statement, const PGresult *error)
{
    struct slice sqlstate = sqlstate_of(error);
    /* Class 42 (what is wrong with a statement) quotes SQL only; others may quote values. */
    bool telling = slice_starts_with(sqlstate, SLICE("42")) || slice_is_none(sqlstate);
    log_write(level, "statement failed", LOG_TEXT("statement", statement->name), LOG_SLICE("sqlstate", sqlstate),
              LOG_SLICE("table", error_field(error, PG_DIAG_TABLE_NAME)),
              LOG_SLICE("constraint", error_field(error, PG_DIAG_CONSTRAINT_NAME)),
              LOG_SLICE("message", telling ? slice_from_text(PQresultErrorMessage(error)) : SLICE_NONE));
}

static void fail_unavailable(struct work *w, const char *detail)
{
    if (work_failed(w))
        return;
    work_fail(w, &PROBLEM_unavailable, "%s", detail);
    w->failure.retry_after_s = 1;
}

/* cuotas_fail: the problem's code travels as the constraint's name. */
static bool fail_as_told(struct work *w, const PGresult *error)
{
    const struct problem *problem = problem_find(error_field(error, PG_DIAG_CONSTRAINT_NAME));
    struct slice detail = error_field(error, PG_DIAG_MESSAGE_PRIMARY);
    if (!problem)
        return false;
    work_fail(w, problem, "%.*s", SLICE_FMT(detail));
    return true;
}

static bool fail_by_constraint(struct work *w, const PGresult *error)
{
    struct slice constraint = error_field(error, PG_DIAG_CONSTRAINT_NAME);
    const struct problem *problem = slice_equals_text(constraint, "idempotency_pkey") ? &PROBLEM_idempotency_collision
                                                                                      : problem_for_constraint(constraint);
    if (!problem)
        return false;
    work_fail(w, problem, "%s", problem->title);
    return true;
}

static bool fail_by_input(struct work *w, struct slice sqlstate)
{
    /* Out of range, no such date or instant, unreadable text, bytes that are no text. */
    static const char *const input[] = { "22003", "22007", "22008", "22P02", "22021", "22P05", NULL };
    if (!sqlstate_in(sqlstate, input))
        return false;
    work_fail(w, &PROBLEM_validation_failed, "a value in the request is out of range or not of its form");
    return true;
}

/* Connection, resources, operator, timeout, lock, and what was retried in vain. */
static const char *const passing[] = { "08", "53", "57", "55P03", "40001", "40P01", NULL };

/* Connection, disk and memory, an end of the server or of its backends; a timeout (57014) or a lock may be the statement's own doing. */
bool failure_is_of_server(const PGresult *error)
{
    static const char *const server[] = { "08", "53", "57P", NULL };
    return sqlstate_in(sqlstate_of(error), server);
}

bool failure_may_pass(const PGresult *error)
{
    return sqlstate_in(sqlstate_of(error), passing);
}

static bool fail_by_circumstance(struct work *w, struct slice sqlstate)
{
    if (!sqlstate_in(sqlstate, passing))
        return false;
    fail_unavailable(w, "the database could not do this now");
    return true;
}

static void failure_of_statement(struct work *w, const struct statement *statement, const PGresult *error)
{
    struct slice sqlstate = sqlstate_of(error);
    if (slice_equals_text(sqlstate, SQLSTATE_CURSOR_MOVED)) {
        work_fail(w, &PROBLEM_conflict, "another process was first");
        return;
    }
    if (slice_equals_text(sqlstate, SQLSTATE_PROBLEM) && fail_as_told(w, error))
        return;
    if (slice_starts_with(sqlstate, SLICE("23")) && fail_by_constraint(w, error))
        return;
    bool expected = fail_by_circumstance(w, sqlstate) || fail_by_input(w, sqlstate);
    log_failure(expected ? LOG_WARN : LOG_ERROR, statement, error);
    if (!expected)
        work_fail(w, &PROBLEM_internal, "the database refused what it was asked");
}

void failure_record(struct work *w, const struct db_unit *unit)
{
    if (unit->state == UNIT_LOST) {
        fail_unavailable(w, "the connection to the database was lost");
    } else if (unit->state == UNIT_UNSERVED && unit->overloaded) {
        work_fail(w, &PROBLEM_overloaded, "too much is waiting for the database");
        w->failure.retry_after_s = 1;
    } else if (unit->state == UNIT_UNSERVED) {
        fail_unavailable(w, "the database cannot be reached");
    } else {
        size_t at = unit->failed_at < unit->count ? unit->failed_at : unit->count - 1;
        failure_of_statement(w, unit->calls[at].statement, unit->error);
    }
}

static struct slice first_row_text(const PGresult *result, const char *column)
{
    for (int i = 0; i < PQnfields(result); i++)
        if (strcmp(PQfname(result, i), column) == 0 && !PQgetisnull(result, 0, i))
            return slice_of(PQgetvalue(result, 0, i), (size_t)PQgetlength(result, 0, i));
    return SLICE_NONE;
}

bool failure_in_rows(struct work *w, const struct statement *statement, const PGresult *result)
{
    if (PQntuples(result) == 0)
        return false;
    struct slice code = first_row_text(result, "problem");
    if (slice_is_none(code))
        return false;
    const struct problem *problem = problem_find(code);
    struct slice detail = first_row_text(result, "problem_detail");
    int64_t wait_s;
    if (!problem)
        log_error("a statement names an unknown problem", LOG_TEXT("statement", statement->name), LOG_SLICE("problem", code));
    problem = problem ? problem : &PROBLEM_internal;
    work_fail(w, problem, "%.*s", SLICE_FMT(slice_is_none(detail) ? slice_from_text(problem->title) : detail));
    if (slice_to_int64(first_row_text(result, "problem_wait_s"), &wait_s) && wait_s > 0 && wait_s <= INT_MAX)
        w->failure.retry_after_s = (int)wait_s;
    return true;
}
