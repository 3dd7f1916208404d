/* PostgreSQL for coroutines: a few connections per pool in libpq pipeline mode, one sync per unit of work.
 *
 * A unit is one statement (db_one, db_maybe, db_all, db_run) or several (db_batch), and is one implicit transaction: all
 * of it is committed when the call returns success, none of it otherwise. Statements are prepared on every
 * connection at start. No explicit transactions exist on purpose: what must be atomic is one unit.
 *
 * Parameters are text slices (none = NULL) set by name through the generated argument structs:
 *     const struct row *row = db_one(w, SQL(get_product, .id = in->id));
 * These are filled by db itself when left unset: `:now` (logical time, RFC 3339), `:today` (the merchant's date), `:owner`
 * (work_owner: the customer's id, NULL for staff and services), `:trace` (traceparent), `:idem_operation`, `:idem_subject`,
 * `:idem_key`, `:idem_hash` (w->idempotency).
 *
 * Failures become w->failure: a violated constraint maps by name (problem_for_constraint); a result column `problem`
 * that is not NULL names a problem code (optional column `problem_detail`); no row where one was asked is not_found;
 * a lost connection or timeout is `unavailable` (503). A unit that collides on `idempotency_pkey` is answered from
 * the stored reply by service/idempotency. Results live as long as w->arena. */
#ifndef CUOTAS_DB_DB_H
#define CUOTAS_DB_DB_H

#include "base/result.h"
#include "base/work.h"

enum statement_pool { POOL_READ, POOL_WRITE, POOL_SLOW };

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
int64_t row_int(const struct row *row, const char *column);   /* 0 when NULL */
bool row_bool(const struct row *row, const char *column);     /* false when NULL */
/* Rows affected, for statements that return none. */
int64_t rows_affected(const struct rows *rows);

/* Several statements, one transaction, one round trip. */
struct batch;
struct batch *batch_new(struct work *w, enum statement_pool pool);
void batch_add(struct batch *batch, const struct statement *st, const struct slice *args);
/* Runs all; false (and w->failure) when any fails. Results by index of batch_add afterwards. */
SUSPENDS bool batch_run(struct batch *batch);
const struct rows *batch_rows(const struct batch *batch, size_t index);

/* Process-wide set-up. `statements` ends with NULL. Connects and prepares everything on all pools; logs and returns
 * RESULT_FAILED when a statement is wrong, RESULT_CLOSED when the server cannot be reached. Lost connections are
 * reconnected with backoff on their own. */
struct db_config {
    const char *conninfo;
    int read_connections, write_connections, slow_connections;
    const struct statement *const *statements;
    void (*on_events)(void);   /* after a commit of a statement with emits_events; may be NULL */
    void (*on_jobs)(void);     /* likewise for adds_jobs */
};
SUSPENDS MUST_CHECK enum result db_open(const struct db_config *config, int64_t deadline_us);
/* True when at least one connection of every pool is usable. */
bool db_ready(void);
void db_close(void);

/* Counters for /metrics. */
struct db_stats {
    uint64_t units, failures, reconnects;
    size_t in_flight, waiting;
};
struct db_stats db_stats(void);

/* Plain connection, blocking, before the loop runs: applies the migrations missing in `schema_migration`, each in its own
 * transaction, in order, under an advisory lock. A migration once applied whose text changed is refused. */
struct migration {
    const char *name;   /* "0001_products" */
    const char *sql;
};
MUST_CHECK enum result db_migrate(const char *owner_conninfo, const struct migration *migrations, size_t count);
/* RESULT_REFUSED (and a log line) when the database's schema is behind this program. Blocking. */
MUST_CHECK enum result db_check_schema(const char *conninfo, const struct migration *migrations, size_t count);

#endif
