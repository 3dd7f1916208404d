/* A unit onto the wire and its results off it (libpq pipeline mode).
 *
 * The grammar of results: for each statement `result* NULL`, for each sync one PGRES_PIPELINE_SYNC with no NULL after it; after
 * an error the statements up to the sync answer PGRES_PIPELINE_ABORTED, NULL. Statements between two syncs are one implicit
 * transaction, so a unit is its statements and one sync, and has happened only when its own sync has come.
 * Invariant: connection->first is the unit the next result belongs to. A statement the connection has not prepared yet is prepared by
 * a unit of its own just before: preparing must not be undone by what the unit does. Nothing here suspends. */
#include "db/internal.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

#define TEXT_OID 25

static bool is_prepared(const struct db_connection *connection, size_t index)
{
    return connection->prepared[index / 8] & (1u << (index % 8));
}

static void set_prepared(struct db_connection *connection, size_t index, bool prepared)
{
    uint8_t bit = (uint8_t)(1u << (index % 8));
    uint8_t *byte = &connection->prepared[index / 8];
    *byte = prepared ? (uint8_t)(*byte | bit) : (uint8_t)(*byte & ~bit);
}

/* ---- Sending ---- */

/* What db fills by itself. All of a unit's statements see one time: it is read with the first that asks. */
struct autofill {
    char now[28], today[DATE_BYTES + 1];
    bool timed;
    const struct work *work;
};

static void autofill_time(struct autofill *fill)
{
    if (fill->timed)
        return;
    int64_t now_us = clock_logical_us();
    fill->timed = true;
    time_format(now_us, fill->now);
    date_format(date_of_time(now_us), fill->today);
}

static struct slice autofill_value(struct autofill *fill, const struct statement_auto *at, int parameter)
{
    const struct idempotency *idem = &fill->work->idempotency;
    if (parameter == at->now || parameter == at->today) {
        autofill_time(fill);
        return slice_from_text(parameter == at->now ? fill->now : fill->today);
    }
    if (parameter == at->owner)
        return work_owner(fill->work);
    if (parameter == at->trace)
        return fill->work->traceparent;
    if (parameter == at->idem_operation)
        return idem->operation;
    if (parameter == at->idem_subject)
        return idem->subject;
    if (parameter == at->idem_key)
        return idem->key;
    return parameter == at->idem_hash ? idem->request_hash : SLICE_NONE;
}

/* Parameters go in binary, which for type text is just its bytes with a length: no NUL needed, and none hidden. */
static bool send_call(PGconn *pg, const struct db_call *call, struct autofill *fill)
{
    static const int formats[DB_PARAMETERS_MAX] = { [0 ... DB_PARAMETERS_MAX - 1] = 1 };
    const struct statement *st = call->statement;
    const char *values[DB_PARAMETERS_MAX];
    int lengths[DB_PARAMETERS_MAX];
    assert(st->parameter_count <= DB_PARAMETERS_MAX);
    for (int i = 0; i < st->parameter_count; i++) {
        struct slice value = call->args[i];
        if (slice_is_none(value))
            value = autofill_value(fill, &st->autofill, i);
        assert(value.size <= INT32_MAX);
        values[i] = value.data;
        lengths[i] = (int)value.size;
    }
    return PQsendQueryPrepared(pg, st->name, st->parameter_count, values, lengths, formats, 0);
}

static bool send_prepare(PGconn *pg, const struct statement *st)
{
    static const Oid types[DB_PARAMETERS_MAX] = { [0 ... DB_PARAMETERS_MAX - 1] = TEXT_OID };
    return PQsendPrepare(pg, st->name, st->text, st->parameter_count, types);
}

static bool send_unit(PGconn *pg, const struct db_unit *unit)
{
    struct autofill fill = { .work = unit->work };
    for (size_t i = 0; i < unit->count; i++) {
        bool sent = unit->prepares ? send_prepare(pg, unit->calls[i].statement) : send_call(pg, &unit->calls[i], &fill);
        if (!sent)
            return false;
    }
    return PQpipelineSync(pg);
}

static int64_t unit_patience_us(const struct db_connection *connection)
{
    return (pool_timeout_ms(connection->pool->kind) + DB_SILENCE_MS) * INT64_C(1000);
}

/* The statement's own timeout stops the server; this stops a server, or a network, that says nothing at all. */
static void watchdog_bark(void *arg)
{
    struct db_connection *connection = arg;
    if (!connection->first)
        return;
    int64_t due_us = connection->first->sent_us + unit_patience_us(connection);
    if (due_us <= clock_monotonic_us())
        connection_lose(connection, "it does not answer");
    else
        timer_set(&connection->watchdog, due_us);
}

static void enqueue(struct db_connection *connection, struct db_unit *unit)
{
    unit->state = UNIT_SENT;
    unit->sent_us = clock_monotonic_us();
    unit->next = NULL;
    if (connection->last)
        connection->last->next = unit;
    else {
        connection->first = unit;
        connection->heard_us = unit->sent_us;
    }
    connection->last = unit;
    connection->in_flight++;
    db_current->in_flight++;
    if (!connection->watchdog.place) {
        connection->watchdog = (struct timer){ .fn = watchdog_bark, .arg = connection };
        timer_set(&connection->watchdog, unit->sent_us + unit_patience_us(connection));
    }
}

struct db_unit *pipeline_prepare_unit(struct db_connection *connection, const struct db_call *calls, size_t count)
{
    struct db_call *missing = NULL;
    size_t missing_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t index = statement_index(calls[i].statement);
        if (is_prepared(connection, index))
            continue;
        if (!missing)
            missing = memory_array(count, sizeof *missing);
        missing[missing_count++].statement = calls[i].statement;
        set_prepared(connection, index, true);
    }
    if (!missing)
        return NULL;
    struct db_unit *unit = unit_new(missing, missing_count);
    unit->prepares = true;
    return unit;
}

static void send_or_lose(struct db_connection *connection, struct db_unit *unit)
{
    enqueue(connection, unit);
    if (!send_unit(connection->pg, unit))
        connection_lose(connection, "it does not take a unit");
    else
        connection_flush(connection);
}

void pipeline_send(struct db_connection *connection, struct db_unit *unit)
{
    struct db_unit *prepare = unit->prepares ? NULL : pipeline_prepare_unit(connection, unit->calls, unit->count);
    if (prepare)
        send_or_lose(connection, prepare);
    if (connection->pg)
        send_or_lose(connection, unit);
    else
        unit_settle(unit, UNIT_LOST);
}

/* ---- Reading ---- */

static void unit_note_error(struct db_connection *connection, struct db_unit *unit, PGresult *error)
{
    if (unit->error) {
        PQclear(error);
        return;
    }
    unit->error = error;
    unit->failed_at = unit->at;
    if (unit->prepares && unit->at < unit->count) {
        const struct statement *statement = unit->calls[unit->at].statement;
        set_prepared(connection, statement_index(statement), false);
        connection->pool->prepare_errors++;
        log_error("statement cannot be prepared", LOG_TEXT("statement", statement->name),
                  LOG_TEXT("error", PQresultErrorMessage(error)));
    }
    if (failure_is_stale_plan(error))
        connection->retiring = true;
}

static void unit_take(struct db_connection *connection, struct db_unit *unit, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        assert(unit->at < unit->count && !unit->results[unit->at]);
        unit->results[unit->at] = result;
        return;
    case PGRES_PIPELINE_ABORTED:
        if (unit->prepares)
            set_prepared(connection, statement_index(unit->calls[unit->at].statement), false);
        PQclear(result);
        return;
    default:
        unit_note_error(connection, unit, result);
    }
}

/* The first unit's sync has come. */
static void unit_synced(struct db_connection *connection)
{
    struct db_unit *unit = connection->first;
    connection->first = unit->next;
    if (!connection->first)
        connection->last = NULL;
    connection->in_flight--;
    db_current->in_flight--;
    unit_settle(unit, UNIT_DONE);
}

/* An error that is not the server's: libpq ran out of memory, or lost the thread. It may stand for any result, a sync's too, so nothing
 * after it can be told apart. */
static bool is_of_libpq(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_FATAL_ERROR && !PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

bool pipeline_read(struct db_connection *connection)
{
    PGconn *pg = connection->pg;
    if (!PQconsumeInput(pg))
        return false;
    connection->heard_us = connection->pool->db->heard_us = clock_monotonic_us();
    while (!PQisBusy(pg) && connection->first) {
        PGresult *result = PQgetResult(pg);
        if (!result && PQstatus(pg) == CONNECTION_BAD)
            return false;
        if (!result)
            connection->first->at++;
        else if (is_of_libpq(result)) {
            PQclear(result);
            return false;
        } else if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            unit_synced(connection);
        } else {
            unit_take(connection, connection->first, result);
        }
    }
    return PQstatus(pg) != CONNECTION_BAD;
}
