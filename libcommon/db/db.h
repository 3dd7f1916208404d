/* PostgreSQL for coroutines: a few connections per pool in libpq pipeline mode, one sync per unit of work.
 *
 * A unit is one statement (db_one, db_maybe, db_all, db_run) or several (db_batch), and is one implicit transaction: all
 * of it is committed when the call returns success, none of it otherwise, with the exceptions named under Failures.
 * No explicit transactions exist on purpose: what must be atomic is one unit. A unit is one round trip.
 *
 * Parameters are text slices (none = NULL) set by name through the generated argument structs:
 *     const struct row *row = db_one(w, SQL(get_product, .id = in->id));
 * All parameters have type text: the SQL casts them (`:id::uuid`). These are filled by db itself when left unset: `:now` (logical
 * time, RFC 3339), `:today` (the merchant's date), `:owner` (work_owner: the customer's id, NULL for staff and services),
 * `:trace` (traceparent), `:idem_operation`, `:idem_subject`, `:idem_key`, `:idem_hash` (w->idempotency).
 *
 * Failures become w->failure:
 *   - a violated constraint or unique index: the problem `x-constraints` names for it, else `internal`; on `idempotency_pkey`
 *     idempotency_collision, which service/idempotency answers with the stored reply;
 *   - cuotas_fail('code', 'detail') called in SQL: that problem, and nothing of the unit stays;
 *   - a result column `problem` that is not NULL: that problem, detail from column `problem_detail`, Retry-After from `problem_wait_s`. What the
 *     unit did STAYS: for statements that see to it themselves that they did nothing. In batches prefer cuotas_fail;
 *   - no row where one was asked (db_one): not_found. What the unit did stays;
 *   - input PostgreSQL cannot read (a date that does not exist, a number out of range): validation_failed;
 *   - statement timeout, lost connection, server not there, the work's deadline: `unavailable` (503). For a write the outcome is
 *     UNKNOWN then: it may have been committed. Reads are tried a second time after a lost connection;
 *   - serialization failures and deadlocks are tried again twice, then `unavailable`;
 *   - too many units waiting, or one for too long: `overloaded`; anything else: `internal`, with a log line naming statement and SQLSTATE.
 *
 * When the deadline passes first, the unit still runs to its end and its events are still published. Results live as long as
 * w->arena: text is read in place. Read and slow pools are read-only. */
#ifndef CUOTAS_DB_DB_H
#define CUOTAS_DB_DB_H

#include "base/result.h"
#include "base/work.h"

enum statement_pool { POOL_READ, POOL_WRITE, POOL_SLOW };
#define POOLS 3

/* Which parameter (0-based) db fills by itself, or -1. */
struct statement_auto {
    signed char now, today, owner, trace, idem_operation, idem_subject, idem_key, idem_hash;
};

/* Generated from services/<s>/sql/<name>.sql (and libcommon's own). */
struct statement {
    const char *name;           /* also its prepared name */
    const char *text;           /* with $1..$n */
    int parameter_count;
    enum statement_pool pool;
    bool emits_events;          /* inserts into outbox: wakes the relay after commit */
    bool adds_jobs;             /* inserts into job: wakes the runner after commit */
    bool tells_changes;         /* its column `changed` says what looks different after commit */
    struct statement_auto autofill;
};

/* SQL(name, .param = slice, ...): the statement and its parameters, as two arguments. */
#define SQL(name, ...) &sql_##name, (const struct slice *)&(const struct sql_##name##_args){ __VA_ARGS__ }

struct row;    /* one row of a result */
struct rows;   /* a result */

SUSPENDS const struct row *db_one(struct work *w, const struct statement *st, const struct slice *args);
/* NULL without a failure when there is no row. */
SUSPENDS const struct row *db_maybe(struct work *w, const struct statement *st, const struct slice *args);
/* NULL only on failure. */
SUSPENDS const struct rows *db_all(struct work *w, const struct statement *st, const struct slice *args);
SUSPENDS bool db_run(struct work *w, const struct statement *st, const struct slice *args);

size_t rows_count(const struct rows *rows);
const struct row *rows_at(const struct rows *rows, size_t index);
/* Column by name; aborts on a name the statement does not return (a bug). Text is NUL-terminated; none when NULL. */
struct slice row_text(const struct row *row, const char *column);
int64_t row_int(const struct row *row, const char *column);   /* 0 when NULL; aborts when it is no integer (a bug) */
bool row_bool(const struct row *row, const char *column);     /* false when NULL */
/* Rows affected, for statements that return none. */
int64_t rows_affected(const struct rows *rows);

/* Several statements, one transaction, one round trip. All must be of one kind of pool: a write batch may hold reads. The bytes
 * of the arguments must live until batch_run returns. At most DB_BATCH_STATEMENTS_MAX. */
struct batch;
struct batch *batch_new(struct work *w, enum statement_pool pool);
void batch_add(struct batch *batch, const struct statement *st, const struct slice *args);
/* How many there are: the index of the next. */
size_t batch_count(const struct batch *batch);
/* Runs all; false (and w->failure) when any fails. Results by index of batch_add afterwards. Once. */
SUSPENDS bool batch_run(struct batch *batch);
const struct rows *batch_rows(const struct batch *batch, size_t index);
/* The first row of a result; NULL when it has none. */
const struct row *batch_row(const struct batch *batch, size_t index);
/* After a failed batch_run: the index of the statement that failed, or -1 when it was none of them (connection, deadline, the
 * server's disk, memory or end). */
int batch_failed_at(const struct batch *batch);
/* True when all of it was committed: also after a failed batch_run, when what failed it is a `problem` column. */
bool batch_committed(const struct batch *batch);

/* Process-wide set-up, in a coroutine. `statements` ends with NULL. Looks whether `migrations` are applied, prepares all statements
 * once on each kind of pool (other connections prepare a statement when they first run it) and returns when every pool has a
 * connection; logs and returns RESULT_FAILED when the schema is behind this program or a statement is wrong, RESULT_CLOSED when the
 * server cannot be reached until the deadline. Lost connections are reconnected with backoff on their own. */
struct db_config {
    const char *conninfo;
    const struct migration *migrations;   /* what the schema must have, at least */
    size_t migration_count;
    int read_connections, write_connections, slow_connections;
    const struct statement *const *statements;
    void (*on_events)(void);   /* after a commit of a statement with emits_events; may be NULL */
    void (*on_jobs)(void);     /* likewise for adds_jobs */
    void (*on_change)(struct slice changed);   /* likewise for tells_changes: each value of the column that is not NULL */
    const char *application_name;   /* NULL: "cuotas" */
    int timeout_ms[POOLS];          /* statement_timeout; 0: that of limits.h */
};
SUSPENDS MUST_CHECK enum result db_open(const struct db_config *config, int64_t deadline_us);
/* True when at least one connection of every pool is usable, and the server answers. */
bool db_ready(void);
/* Closes everything; units still waited for end as `unavailable`. Coroutines of its own end by this or by co_cancel_all: give the
 * loop a turn after one of the two. */
void db_close(void);

/* Counters for /metrics. */
struct db_stats {
    uint64_t units, failures, reconnects;
    size_t in_flight, waiting;
    size_t ready;                    /* connections: db_open waits only for the first of each pool */
};
struct db_stats db_stats(void);

/* Plain connection, blocking, before the loop runs: applies the migrations missing in `schema_migration`, each in its own
 * transaction, in order, under an advisory lock, while services of the version before go on working: it waits for no lock of theirs for
 * longer than MIGRATION_LOCK_TIMEOUT_MS, since they would queue behind it, but lets them pass and tries again. A migration once applied
 * whose text changed is refused. `app_role` is the role the service runs as, by name or as that role's conninfo: `{{app}}` in a migration
 * stands for it, quoted. Migrations hold no BEGIN or COMMIT.
 * One whose first line is `-- no transaction` holds a single statement that may not run in one (CREATE INDEX CONCURRENTLY) and may be
 * run again; indexes that an interrupted one left invalid are dropped before. */
struct migration {
    const char *name;   /* "0001_products" */
    const char *sql;
};
MUST_CHECK enum result db_migrate(const char *owner_conninfo, const char *app_role, const struct migration *migrations,
                                  size_t count);
/* For a signal handler: the migration that runs is cancelled and undone, db_migrate fails. */
void db_migrate_interrupt(int number);

#endif
