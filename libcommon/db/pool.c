/* Pools: which connection a unit goes to, the queue when none has room, and opening and closing it all.
 *
 * A unit goes to the ready connection with the fewest units in flight, below DB_PIPELINE_UNITS_MAX, and to none that has said nothing
 * for DB_STALL_MS: behind a statement that waits for a lock it would wait too. Invariant: units wait only while no ready connection
 * has room; whoever makes room calls pool_dispatch. Nobody waits longer than DB_WAIT_MAX_MS, and nobody joins a line whose first has
 * waited half of that: what cannot be done in time is refused at once, and what waits stays worth waiting for. A pool that has been
 * without a connection for DB_DOWN_GRACE_MS, or a server that answers nothing at all, is unavailable at once. Only db_open suspends. */
#include "db/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

/* ---- Statements ---- */

/* By address, open addressing in a table twice the size. */
static struct {
    const struct statement *statement;
    size_t index;
} statement_slots[2 * DB_STATEMENTS_MAX];

size_t statement_index(const struct statement *statement)
{
    size_t at = ((uintptr_t)statement / sizeof(void *)) * UINT64_C(0x9E3779B97F4A7C15) >> 32;
    for (;; at++) {
        at %= 2 * DB_STATEMENTS_MAX;
        if (statement_slots[at].statement == statement)
            return statement_slots[at].index;
        if (!statement_slots[at].statement)
            break;
    }
    if (db_current->statement_count == DB_STATEMENTS_MAX) {
        log_error("too many statements", LOG_TEXT("statement", statement->name));
        abort();
    }
    statement_slots[at].statement = statement;
    statement_slots[at].index = db_current->statement_count;
    db_current->statements[db_current->statement_count++] = statement;
    return statement_slots[at].index;
}

/* ---- Units ---- */

static bool connection_is_stalled(const struct db_connection *connection, int64_t now_us)
{
    return connection->first && now_us - connection->heard_us > DB_STALL_MS * INT64_C(1000);
}

static struct db_connection *pool_pick(struct db_pool *pool)
{
    struct db_connection *best = NULL;
    int64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < pool->connection_count; i++) {
        struct db_connection *connection = &pool->connections[i];
        if (connection->state != CONNECTION_READY || connection->retiring || connection_is_stalled(connection, now_us))
            continue;
        if (connection->in_flight < DB_PIPELINE_UNITS_MAX && (!best || connection->in_flight < best->in_flight))
            best = connection;
    }
    return best;
}

/* Something was asked long ago, and no connection has heard anything since. A lock does not look like this: it holds up those who
 * want it, while others are answered. */
static bool server_is_silent(const struct db *db)
{
    const int64_t limit_us = DB_SILENT_MS * INT64_C(1000), now_us = clock_monotonic_us();
    if (db->in_flight == 0 || now_us - db->heard_us < limit_us)
        return false;
    for (size_t p = 0; p < POOLS; p++)
        for (size_t i = 0; i < db->pools[p].connection_count; i++) {
            const struct db_connection *connection = &db->pools[p].connections[i];
            if (connection->first && now_us - connection->heard_us >= limit_us)
                return true;
        }
    return false;
}

static bool pool_is_hopeless(const struct db_pool *pool)
{
    return db_current->closing || server_is_silent(db_current) ||
           (pool->ready_count == 0 && pool->down_since_us &&
            clock_monotonic_us() - pool->down_since_us > DB_DOWN_GRACE_MS * INT64_C(1000));
}

static bool pool_is_full(const struct db_pool *pool)
{
    const int64_t half_us = DB_WAIT_MAX_MS / 2 * INT64_C(1000);
    bool late = pool->first && pool->kind != POOL_SLOW && pool->ready_count > 0 &&
                clock_monotonic_us() - pool->first->queued_us > half_us;
    return late || db_current->waiting >= DB_WAITING_UNITS_MAX;
}

static void pool_be_patient(struct db_pool *pool)
{
    if (!pool->first || pool->kind == POOL_SLOW || pool->patience.place)
        return;
    timer_set(&pool->patience, pool->first->queued_us + DB_WAIT_MAX_MS * INT64_C(1000));
}

void pool_submit(struct db_pool *pool, struct db_unit *unit)
{
    struct db_connection *connection = pool->first ? NULL : pool_pick(pool);
    if (connection) {
        pipeline_send(connection, unit);
        return;
    }
    unit->overloaded = pool_is_full(pool);
    if (unit->overloaded || pool_is_hopeless(pool)) {
        unit_settle(unit, UNIT_UNSERVED);
        return;
    }
    unit->state = UNIT_WAITING;
    unit->next = NULL;
    if (pool->last)
        pool->last->next = unit;
    else
        pool->first = unit;
    pool->last = unit;
    db_current->waiting++;
    unit->queued_us = clock_monotonic_us();
    pool_be_patient(pool);
}

static struct db_unit *pool_take_first(struct db_pool *pool)
{
    struct db_unit *unit = pool->first;
    pool->first = unit->next;
    if (!pool->first)
        pool->last = NULL;
    db_current->waiting--;
    return unit;
}

void pool_withdraw(struct db_unit *unit)
{
    struct db_pool *pool = &db_current->pools[unit->pool];
    struct db_unit *before = NULL;
    for (struct db_unit *at = pool->first; at != unit; at = at->next) {
        assert(at);
        before = at;
    }
    if (before)
        before->next = unit->next;
    else
        pool->first = unit->next;
    if (pool->last == unit)
        pool->last = before;
    db_current->waiting--;
}

void pool_dispatch(struct db_pool *pool)
{
    struct db_connection *connection;
    while (pool->first && (connection = pool_pick(pool)))
        pipeline_send(connection, pool_take_first(pool));
}

/* Those that have waited too long; the others' turn comes with the timer set anew. */
static void pool_out_of_patience(void *arg)
{
    struct db_pool *pool = arg;
    int64_t oldest_us = clock_monotonic_us() - DB_WAIT_MAX_MS * INT64_C(1000);
    while (pool->first && pool->first->queued_us <= oldest_us) {
        pool->first->overloaded = pool->ready_count > 0 && !server_is_silent(db_current);
        unit_settle(pool_take_first(pool), UNIT_UNSERVED);
    }
    pool_be_patient(pool);
}

void pool_give_up(struct db_pool *pool)
{
    while (pool->first && pool_is_hopeless(pool))
        unit_settle(pool_take_first(pool), UNIT_UNSERVED);
}

/* ---- Opening and closing ---- */

int pool_timeout_ms(enum statement_pool pool)
{
    static const int usual_ms[POOLS] = { [POOL_READ] = DB_READ_TIMEOUT_MS, [POOL_WRITE] = DB_WRITE_TIMEOUT_MS,
                                         [POOL_SLOW] = DB_SLOW_TIMEOUT_MS };
    int wanted_ms = db_current->config.timeout_ms[pool];
    return wanted_ms > 0 ? wanted_ms : usual_ms[pool];
}

static void pool_init(struct db *db, enum statement_pool kind, int connections)
{
    struct db_pool *pool = &db->pools[kind];
    assert(connections > 0 && connections <= DB_POOL_CONNECTIONS_MAX);
    pool->db = db;
    pool->kind = kind;
    pool->patience = (struct timer){ .fn = pool_out_of_patience, .arg = pool };
    pool->connection_count = (size_t)connections;
    pool->connections = memory_array(pool->connection_count, sizeof *pool->connections);
    for (size_t i = 0; i < pool->connection_count; i++)
        pool->connections[i].pool = pool;
}

static enum result db_spawn_keepers(struct db *db)
{
    for (size_t p = 0; p < POOLS; p++) {
        for (size_t i = 0; i < db->pools[p].connection_count; i++) {
            if (co_spawn(connection_keep, &db->pools[p].connections[i]) != RESULT_OK)
                return RESULT_BUSY;
            db->keepers++;
        }
    }
    return RESULT_OK;
}

SUSPENDS enum result db_open(const struct db_config *config, int64_t deadline_us)
{
    assert(!db_current);
    struct db *db = db_current = memory_new(sizeof *db);
    db->config = *config;
    memset(statement_slots, 0, sizeof statement_slots);
    for (const struct statement *const *st = config->statements; st && *st; st++)
        (void)statement_index(*st);
    pool_init(db, POOL_READ, config->read_connections);
    pool_init(db, POOL_WRITE, config->write_connections);
    pool_init(db, POOL_SLOW, config->slow_connections);
    enum result result = db_spawn_keepers(db);
    while (result == RESULT_OK && !db_ready() && !db->invalid)
        result = co_signal_wait(&db->opened, deadline_us);
    if (result == RESULT_OK && !db->invalid)
        return RESULT_OK;
    db_close();   /* db is not looked at again */
    return result == RESULT_OK ? RESULT_FAILED : result == RESULT_TIMEOUT ? RESULT_CLOSED : result;
}

bool db_ready(void)
{
    if (!db_current || db_current->closing)
        return false;
    for (size_t p = 0; p < POOLS; p++)
        if (!db_current->pools[p].validated || db_current->pools[p].ready_count == 0)
            return false;
    return !server_is_silent(db_current);
}

/* Keepers refer to it until they end. */
static void db_free_unused(struct db *db)
{
    if (!db->closing || db->keepers > 0)
        return;
    for (size_t p = 0; p < POOLS; p++)
        memory_free(db->pools[p].connections);
    memory_free(db);
}

void db_release(struct db *db)
{
    assert(db->keepers > 0);
    db->keepers--;
    db_free_unused(db);
}

void db_close(void)
{
    struct db *db = db_current;
    if (!db)
        return;
    db->closing = true;
    for (size_t p = 0; p < POOLS; p++) {
        for (size_t i = 0; i < db->pools[p].connection_count; i++) {
            connection_lose(&db->pools[p].connections[i], NULL);
            co_signal_raise(&db->pools[p].connections[i].signal);
        }
        pool_give_up(&db->pools[p]);
        timer_clear(&db->pools[p].patience);
    }
    db_current = NULL;
    db_free_unused(db);
}

struct db_stats db_stats(void)
{
    const struct db *db = db_current;
    if (!db)
        return (struct db_stats){ 0 };
    size_t ready = 0;
    for (size_t p = 0; p < POOLS; p++)
        ready += db->pools[p].ready_count;
    return (struct db_stats){ .ready = ready, .units = db->units, .failures = db->failures, .reconnects = db->reconnects,
                              .in_flight = db->in_flight, .waiting = db->waiting };
}
