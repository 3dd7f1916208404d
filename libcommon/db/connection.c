/* One connection's life. Its keeper, a coroutine, connects, waits until the connection is lost, and connects again with backoff;
 * in between the loop's callbacks read and write for the units in flight.
 *
 * Invariants: pg is set from the moment libpq has connected until connection_lose, which ends every unit in flight: after a loss no
 * sync will ever come. state READY means units may be sent; while the first connection of a pool prepares all statements it is
 * CONNECTING still. Events are deleted before libpq closes the socket. Suspend: the keeper and what it calls. */
#include "db/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "io/loop.h"

#include <assert.h>
#include <stdlib.h>

static const char *pool_name(const struct db_connection *connection)
{
    static const char *const names[POOLS] = { [POOL_READ] = "read", [POOL_WRITE] = "write", [POOL_SLOW] = "slow" };
    return names[connection->pool->kind];
}

/* The only place a connection's state changes. */
static void connection_become(struct db_connection *connection, enum connection_state state)
{
    struct db_pool *pool = connection->pool;
    assert(state != connection->state && (state != CONNECTION_READY || connection->pg));
    if (connection->state == CONNECTION_READY && --pool->ready_count == 0)
        pool->down_since_us = clock_monotonic_us();
    connection->state = state;
    if (state != CONNECTION_READY)
        return;
    pool->ready_count++;
    pool->down_since_us = 0;
    pool->db->reconnects += connection->was_ready;
    connection->was_ready = true;
    if (connection + 1 < pool->connections + pool->connection_count)
        co_signal_raise(&connection[1].signal);   /* it may wait for its turn */
    co_signal_raise(&pool->db->opened);
    pool_dispatch(pool);
}

void connection_lose(struct db_connection *connection, const char *why)
{
    struct db_unit *unit = connection->first;
    if (!connection->pg)
        return;
    if (why)
        log_warn("database connection lost", LOG_TEXT("pool", pool_name(connection)), LOG_TEXT("why", why),
                 LOG_INT("units", (int64_t)connection->in_flight));
    (void)event_del(&connection->readable);
    (void)event_del(&connection->writable);
    timer_clear(&connection->watchdog);
    PQfinish(connection->pg);
    connection->pg = NULL;
    connection->retiring = false;
    memset(connection->prepared, 0, sizeof connection->prepared);
    connection->pool->db->in_flight -= connection->in_flight;
    connection->in_flight = 0;
    connection->first = connection->last = NULL;
    connection_become(connection, CONNECTION_DOWN);
    while (unit) {
        struct db_unit *next = unit->next;
        unit_settle(unit, UNIT_LOST);
        unit = next;
    }
    co_signal_raise(&connection->signal);
}

void connection_flush(struct db_connection *connection)
{
    if (PQflush(connection->pg) == 1 && event_add(&connection->writable, NULL) != 0)
        connection_lose(connection, "its socket cannot be watched");
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    connection_flush(arg);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct db_connection *connection = arg;
    if (!pipeline_read(connection)) {
        connection_lose(connection, PQerrorMessage(connection->pg));
        return;
    }
    connection_flush(connection);
    if (connection->retiring && !connection->first)
        connection_lose(connection, "the schema has changed under its plans");
    else if (connection->state == CONNECTION_READY)
        pool_dispatch(connection->pool);
}

static void on_notice(void *unused, const char *message)
{
    (void)unused;
    log_debug("database notice", LOG_TEXT("message", message));
}

static bool connection_take(struct db_connection *connection, PGconn *pg)
{
    PQsetNoticeProcessor(pg, on_notice, NULL);
    if (PQsetnonblocking(pg, 1) != 0 || !PQenterPipelineMode(pg) ||
        event_assign(&connection->readable, loop_base(), PQsocket(pg), EV_READ | EV_PERSIST, on_readable, connection) != 0 ||
        event_assign(&connection->writable, loop_base(), PQsocket(pg), EV_WRITE, on_writable, connection) != 0 ||
        event_add(&connection->readable, NULL) != 0) {
        log_error("database connection cannot be used", LOG_TEXT("error", PQerrorMessage(pg)));
        PQfinish(pg);
        return false;
    }
    connection->pg = pg;
    return true;
}

SUSPENDS bool connection_ask(struct db_connection *connection, struct db_unit *unit)
{
    struct wait wait = { .abandon = unit_abandon, .owner = unit };
    unit->wait = &wait;
    pipeline_send(connection, unit);
    return wait_for(&wait, clock_monotonic_us() + DB_CONNECT_TIMEOUT_MS * INT64_C(1000)) == RESULT_OK;
}

/* Prepares every statement of the pool, each in a unit of its own so that all mistakes are told at once; waits for the last. */
SUSPENDS static bool connection_validate(struct db_connection *connection)
{
    struct db *db = connection->pool->db;
    struct db_unit *last = NULL;
    for (size_t i = 0; i < db->statement_count; i++) {
        const struct db_call call = { .statement = db->statements[i] };
        struct db_unit *unit = call.statement->pool == connection->pool->kind ? pipeline_prepare_unit(connection, &call, 1) : NULL;
        if (!unit)
            continue;
        if (last)
            pipeline_send(connection, last);
        last = unit;
        if (!connection->pg)
            break;
    }
    if (last && connection->pg && !connection_ask(connection, last))
        return false;
    if (last)
        unit_free(last);
    return connection->pg != NULL;
}

SUSPENDS static bool connection_check_statements(struct db_connection *connection)
{
    struct db_pool *pool = connection->pool;
    if (pool->validated || pool->validating)
        return true;
    if (!schema_check(connection)) {
        connection_lose(connection, NULL);
        return false;
    }
    if (pool->validated || pool->validating)   /* meanwhile */
        return true;
    pool->validating = true;
    pool->prepare_errors = 0;
    bool answered = connection_validate(connection);
    pool->validating = false;
    if (!answered) {
        connection_lose(connection, "it did not prepare the statements");
        return false;
    }
    pool->validated = pool->prepare_errors == 0;
    pool->db->invalid |= !pool->validated;
    co_signal_raise(&pool->db->opened);
    if (!pool->validated)
        connection_lose(connection, NULL);
    return pool->validated;
}

/* At the start nobody has to wait for what trying again will not change. Later, when a password is being changed say, it may. */
static void connection_deny(struct db *db)
{
    db->invalid = true;
    co_signal_raise(&db->opened);
}

/* True: it is in use. */
SUSPENDS static bool connection_open(struct db_connection *connection)
{
    struct db *db = connection->pool->db;
    PGconn *pg;
    connection_become(connection, CONNECTION_CONNECTING);
    bool tell = !connection->pool->refusal_told;
    connection->pool->refusal_told = true;
    enum result result =
        connect_start(connection->pool->kind, tell, clock_monotonic_us() + DB_CONNECT_TIMEOUT_MS * INT64_C(1000), &pg);
    if (result == RESULT_OK && db->closing)
        PQfinish(pg);
    if (result == RESULT_REFUSED || result == RESULT_MALFORMED)
        connection_deny(db);
    if (result != RESULT_OK || db->closing || !connection_take(connection, pg)) {
        connection_become(connection, CONNECTION_DOWN);
        return false;
    }
    if (!connection_check_statements(connection) || db->closing)
        return false;
    connection->pool->refusal_told = false;
    connection_become(connection, CONNECTION_READY);
    return true;
}

static int64_t next_pause_ms(int64_t pause_ms)
{
    return pause_ms * 2 < DB_RECONNECT_MAX_MS ? pause_ms * 2 : DB_RECONNECT_MAX_MS;
}

/* Each log-in takes milliseconds of this thread (SCRAM hashes the password thousands of times). So the first of a pool goes ahead, since
 * serving begins with it, and the others follow one by one with pauses in which to serve; or all together after a while without them. */
SUSPENDS static enum result connection_take_turn(struct db_connection *connection)
{
    const int64_t patience_us = clock_monotonic_us() + DB_FOLLOW_MS * INT64_C(1000);
    enum result result = RESULT_OK;
    if (connection == &connection->pool->connections[0])
        return RESULT_OK;
    while (result == RESULT_OK && !connection[-1].was_ready && !connection->pool->db->closing)
        result = co_signal_wait(&connection->signal, patience_us);
    int64_t pause_us = clock_monotonic_us() + DB_FOLLOW_PAUSE_MS * INT64_C(1000);
    while (result == RESULT_OK && !connection->pool->db->closing)
        result = co_signal_wait(&connection->signal, pause_us);
    return result == RESULT_TIMEOUT ? RESULT_OK : result;
}

void connection_keep(void *arg)
{
    struct db_connection *connection = arg;
    struct db *db = connection->pool->db;
    int64_t pause_ms = DB_RECONNECT_MIN_MS;
    enum result result = connection_take_turn(connection);
    while (!db->closing && result != RESULT_CANCELLED) {
        if (connection_open(connection)) {
            pause_ms = DB_RECONNECT_MIN_MS;
            while (connection->pg && result != RESULT_CANCELLED)
                result = co_signal_wait(&connection->signal, INT64_MAX);
        }
        if (db->closing || result == RESULT_CANCELLED)
            break;
        pool_give_up(connection->pool);
        int64_t jitter_us = (int64_t)(random_u64() % (uint64_t)(pause_ms * 1000));
        result = co_signal_wait(&connection->signal, clock_monotonic_us() + pause_ms * 500 + jitter_us / 2);
        pause_ms = next_pause_ms(pause_ms);
    }
    db_release(db);
}
