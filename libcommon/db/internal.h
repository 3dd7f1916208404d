/* What the files of db/ tell each other and nobody else.
 *
 *   unit.c        what callers see: one unit, its retries, its results
 *   batch.c       several statements in one unit
 *   pool.c        which connection a unit goes to, and the queue when there is none
 *   pipeline.c    a unit onto the wire and its results off it
 *   connection.c  one connection's life: connect, prepare, lost, again
 *   connect.c     libpq's connecting, without blocking
 *   schema.c      whether the migrations are applied
 *   failure.c     PostgreSQL's errors as problems
 *   rows.c        results by column name
 *   migrate.c     the schema (blocking) */
#ifndef CUOTAS_DB_INTERNAL_H
#define CUOTAS_DB_INTERNAL_H

#include "base/limits.h"
#include "db/db.h"
#include "io/co.h"
#include "io/timer.h"

#include <event2/event_struct.h>
#include <libpq-fe.h>

/* One statement and its arguments. */
struct db_call {
    const struct statement *statement;
    const struct slice *args;
};

enum unit_state {
    UNIT_NEW,
    UNIT_WAITING,        /* in its pool's queue */
    UNIT_SENT,           /* in its connection's FIFO */
    UNIT_DONE,           /* its sync arrived: `error` NULL means committed */
    UNIT_LOST,           /* the connection went with it in flight: outcome unknown */
    UNIT_UNSERVED        /* never sent: no connection, queue full or closing */
};

/* A unit of work on its way. Owned by its waiter, and by the pool or connection once the waiter has gone. */
struct db_unit {
    enum unit_state state;
    enum statement_pool pool;
    struct db_unit *next;
    struct wait *wait;               /* NULL: nobody waits, or no longer */
    struct work *work;               /* the waiter's, like calls: only until it is sent */
    const struct db_call *calls;
    size_t count;
    bool prepares;                   /* an internal unit: prepares the statements of `calls`, which are its own */
    bool emits_events, adds_jobs, tells_changes;
    bool overloaded;                 /* UNSERVED because the queue is full */
    int64_t queued_us, sent_us;
    size_t at;                       /* statements whose results have all come */
    PGresult *error;                 /* the first one */
    size_t failed_at;
    PGresult *results[];             /* count of them */
};

/* Whether the migrations of this program are applied, and nobody changed them since. */
enum schema_state { SCHEMA_UNKNOWN, SCHEMA_ASKED, SCHEMA_FITS };

enum connection_state { CONNECTION_DOWN, CONNECTION_CONNECTING, CONNECTION_READY };

struct db;
struct db_pool;

struct db_connection {
    struct db_pool *pool;
    enum connection_state state;
    bool retiring;                   /* takes no more units; closed when its FIFO is empty */
    bool was_ready;                  /* before: the next time is a reconnection */
    PGconn *pg;
    struct event readable, writable;
    struct timer watchdog;
    struct co_signal signal;         /* to its keeper: lost, or the database closes */
    struct db_unit *first, *last;    /* in flight, in the order sent */
    size_t in_flight;
    int64_t heard_us;                /* when it last answered, or got a unit with nothing else in flight */
    uint8_t prepared[DB_STATEMENTS_MAX / 8];
};

struct db_pool {
    struct db *db;
    enum statement_pool kind;
    struct db_connection *connections;
    size_t connection_count, ready_count;
    bool validating, validated;      /* one connection prepares all statements before the pool counts as usable */
    size_t prepare_errors;
    bool refusal_told;               /* in the log, since a connection was last usable: once is enough */
    int64_t down_since_us;           /* when the last usable connection went; 0: there is one, or never was */
    struct db_unit *first, *last;    /* waiting for a place */
    struct timer patience;           /* set while units wait, but for the slow pool */
};

struct db {
    bool closing, invalid;           /* invalid: it cannot be opened; the log says why */
    struct db_config config;
    enum schema_state schema;
    struct db_pool pools[POOLS];
    size_t keepers;                  /* coroutines of connections still running */
    size_t in_flight, waiting;
    int64_t heard_us;                /* when any connection last answered */
    struct co_signal opened;         /* raised when a pool becomes usable, or a statement is found wrong */
    const struct statement *statements[DB_STATEMENTS_MAX];
    size_t statement_count;
    uint64_t units, failures, reconnects;
};

/* The open database, or NULL. */
extern struct db *db_current;

/* unit.c */
struct db_unit *unit_new(const struct db_call *calls, size_t count);
void unit_free(struct db_unit *unit);
struct unit_outcome {
    const struct rows **results;     /* the caller's array, one a call; filled when committed; arena-owned */
    bool committed;
    int failed_at;                   /* the call that failed or named a problem, or -1 */
};
/* Runs the calls as one unit, retries included. True: committed, and no result names a problem. */
SUSPENDS bool unit_run(struct work *w, enum statement_pool pool, const struct db_call *calls, size_t count,
                       struct unit_outcome *out);
/* The waiter leaves (struct wait's abandon). */
void unit_abandon(struct wait *wait);
/* Ends a unit: hands it to its waiter, or frees it. */
void unit_settle(struct db_unit *unit, enum unit_state state);

/* pool.c */
void pool_submit(struct db_pool *pool, struct db_unit *unit);
/* Sends what waits, while there is room. */
void pool_dispatch(struct db_pool *pool);
/* Takes a waiting unit out of the queue. */
void pool_withdraw(struct db_unit *unit);
/* Ends what waits when the pool has been without a connection for too long (or at all, when closing). */
void pool_give_up(struct db_pool *pool);
/* Index of a statement in db->statements, added when it is new. */
size_t statement_index(const struct statement *statement);
/* The statement_timeout of a pool's sessions. */
int pool_timeout_ms(enum statement_pool pool);
/* A keeper has ended: the last one of a closed database frees it. */
void db_release(struct db *db);

/* pipeline.c */
/* Sends a unit; when the connection cannot take it, the connection is lost and the unit ends with it. */
void pipeline_send(struct db_connection *connection, struct db_unit *unit);
/* Reads what has come. False: the connection is lost. */
MUST_CHECK bool pipeline_read(struct db_connection *connection);
/* A unit that prepares those of `count` calls the connection does not have yet, or NULL. */
struct db_unit *pipeline_prepare_unit(struct db_connection *connection, const struct db_call *calls, size_t count);

/* connection.c */
void connection_keep(void *connection);   /* the keeper's coroutine */
/* Closes it and ends its units; the keeper goes on by itself. */
void connection_lose(struct db_connection *connection, const char *why);
/* Writes what is left to write, now or when the socket takes it. */
void connection_flush(struct db_connection *connection);

/* Sends a unit on a connection that may not be ready yet, and waits for its end. False: too late, or cancelled; the unit is gone. */
SUSPENDS MUST_CHECK bool connection_ask(struct db_connection *connection, struct db_unit *unit);

/* schema.c */
/* True when the schema is known to fit; finds out if nobody has. */
SUSPENDS MUST_CHECK bool schema_check(struct db_connection *connection);

/* connect.c */
/* Failures are logged when `tell`. REFUSED and MALFORMED: the server, or libpq, does not want this conninfo; trying again changes nothing. */
SUSPENDS MUST_CHECK enum result connect_start(enum statement_pool pool, bool tell, int64_t deadline_us, PGconn **out);

/* failure.c */
/* Records what a failed unit means for the client. */
void failure_record(struct work *w, const struct db_unit *unit);
/* The unit may be sent again: it certainly did nothing. */
bool failure_is_transient(const struct db_unit *unit);
/* What failed it is the server's condition, not what was asked. */
bool failure_may_pass(const PGresult *error);
/* Narrower: no statement brings it about by itself, as it may a timeout or a deadlock. */
bool failure_is_of_server(const PGresult *error);
/* A statement's plan went stale (the schema changed under it): the connection has to be replaced. */
bool failure_is_stale_plan(const PGresult *error);
/* The `problem` column of a result; true when it names one (recorded in w). */
bool failure_in_rows(struct work *w, const struct statement *statement, const PGresult *result);

/* rows.c */
/* Takes over the result: cleared with the arena. */
const struct rows *rows_own(struct arena *arena, PGresult *result);

#endif
