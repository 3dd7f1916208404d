/* The schema: migrations applied by `<service> migrate` as the owner. A plain blocking
 * connection (pipeline mode refuses multi-statement strings), without a loop. Each migration is one transaction together
 * with its row in schema_migration, so a crash leaves it done or not done; the advisory lock keeps two migrators apart. It is asked for
 * again and again rather than waited for: whoever waits inside a statement holds up CREATE INDEX CONCURRENTLY, which waits for everybody.
 * The server computes the checksums, over the migration as written, before `{{app}}` is replaced. */
#include "db/db.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ADVISORY_LOCK "4717061130266453317"   /* any number nobody else uses */
#define MIGRATION_BYTES_MAX (8 * 1024 * 1024)
#define SERVER_WAIT_ATTEMPTS 60
#define LOOK_PAUSE_MS 250
#define UNTRANSACTED "-- no transaction\n"
#define CHECKSUM_SQL "encode(sha256(convert_to($2, 'UTF8')), 'hex')"

static PGcancel *volatile cancelled;   /* how to cancel what runs; NULL: nothing does */
static volatile sig_atomic_t interrupted;

/* PQcancel is made for signal handlers. */
void db_migrate_interrupt(int number)
{
    char why[256];
    (void)number;
    interrupted = 1;
    if (cancelled)
        (void)PQcancel(cancelled, why, sizeof why);
}

static void pause_ms(int64_t ms)
{
    const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    if (!interrupted)
        (void)nanosleep(&pause, NULL);   /* a signal ends it early */
}

/* For a server that is still starting; a wrong password or name fails at once. */
static bool wait_for_server(const char *conninfo)
{
    for (int attempt = 0; attempt < SERVER_WAIT_ATTEMPTS && !interrupted; attempt++) {
        PGPing ping = PQping(conninfo);
        if (ping == PQPING_OK)
            return true;
        if (ping == PQPING_NO_ATTEMPT)
            return false;
        pause_ms(LOOK_PAUSE_MS);
    }
    return false;
}

static PGconn *connect_blocking(const char *conninfo)
{
    if (!wait_for_server(conninfo))
        log_warn("the database server does not answer");
    PGconn *pg = PQconnectdb(conninfo);
    if (!pg) {
        log_error("out of memory");
        return NULL;
    }
    if (PQstatus(pg) == CONNECTION_OK)
        return pg;
    log_error("database connection refused", LOG_TEXT("error", PQerrorMessage(pg)));
    PQfinish(pg);
    return NULL;
}

static void ignore_notice(void *unused, const char *message)
{
    (void)unused, (void)message;
}

/* The result's status is the wanted one; a failure is logged under `what`. */
static bool settle(PGconn *pg, PGresult *result, const char *what)
{
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return true;
    log_error("migration failed", LOG_TEXT("at", what), LOG_TEXT("error", PQerrorMessage(pg)));
    return false;
}

static bool run(PGconn *pg, const char *sql, const char *what)
{
    return settle(pg, PQexec(pg, sql), what);
}

/* A role's name, or the user of its conninfo; NULL when there is none. Freed by the caller. */
static char *role_of(const char *app_role)
{
    char *name = NULL;
    if (!strchr(app_role, '=') && !strstr(app_role, "://"))
        return memory_text(app_role);
    PQconninfoOption *options = PQconninfoParse(app_role, NULL);
    for (PQconninfoOption *option = options; option && option->keyword; option++)
        if (strcmp(option->keyword, "user") == 0 && option->val)
            name = memory_text(option->val);
    PQconninfoFree(options);
    return name;
}

/* `sql` with each {{app}} replaced. */
static bool expand(struct buf *out, const char *sql, const char *app)
{
    const char *at;
    bool ok = true;
    buf_clear(out);
    for (; ok && (at = strstr(sql, "{{app}}")); sql = at + strlen("{{app}}"))
        ok = buf_append(out, slice_of(sql, (size_t)(at - sql))) == RESULT_OK &&
             buf_append(out, slice_from_text(app)) == RESULT_OK;
    return ok && buf_append(out, slice_of(sql, strlen(sql) + 1)) == RESULT_OK;
}

enum migration_state { MIGRATION_MISSING, MIGRATION_APPLIED, MIGRATION_CHANGED, MIGRATION_UNKNOWN };

static enum migration_state migration_look_up(PGconn *pg, const struct migration *migration)
{
    const char *values[] = { migration->name, migration->sql };
    PGresult *result = PQexecParams(pg, "SELECT checksum = " CHECKSUM_SQL " FROM schema_migration WHERE name = $1", 2, NULL,
                                    values, NULL, NULL, 0);
    enum migration_state state = MIGRATION_MISSING;
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        state = MIGRATION_UNKNOWN;
    else if (PQntuples(result) > 0)
        state = PQgetvalue(result, 0, 0)[0] == 't' ? MIGRATION_APPLIED : MIGRATION_CHANGED;
    PQclear(result);
    return state;
}

static bool migration_note(PGconn *pg, const struct migration *migration)
{
    const char *values[] = { migration->name, migration->sql };
    return settle(pg, PQexecParams(pg, "INSERT INTO schema_migration (name, checksum) VALUES ($1, " CHECKSUM_SQL ")", 2, NULL, values,
                                   NULL, NULL, 0), migration->name);
}

/* The statements themselves. *busy: they met a lock of somebody else, who had to be let through. */
static bool migration_run(PGconn *pg, const struct migration *migration, const char *sql, bool *busy)
{
    PGresult *result = PQexec(pg, sql);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    *busy = state && (strcmp(state, "55P03") == 0 || strcmp(state, "40P01") == 0) && !interrupted;
    if (!*busy)
        return settle(pg, result, migration->name);
    PQclear(result);
    return false;
}

static bool migration_transact(PGconn *pg, const struct migration *migration, const char *sql, bool *busy)
{
    bool ok = run(pg, "BEGIN", migration->name) && migration_run(pg, migration, sql, busy) &&
              PQtransactionStatus(pg) == PQTRANS_INTRANS && migration_note(pg, migration) && !interrupted &&
              run(pg, "COMMIT", migration->name);
    if (!ok)
        PQclear(PQexec(pg, "ROLLBACK"));
    return ok;
}

/* An index made CONCURRENTLY that was cut short stays behind, invalid, in the way of its own name. */
static bool drop_invalid_indexes(PGconn *pg)
{
    bool ok = true;
    PGresult *rows = PQexec(pg, "SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass) FROM pg_index WHERE NOT indisvalid"
                                " AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)");
    for (int i = 0; ok && i < PQntuples(rows); i++)
        ok = run(pg, PQgetvalue(rows, i, 0), "an invalid index");
    return settle(pg, rows, "looking for invalid indexes") && ok;
}

static bool migration_try(PGconn *pg, const struct migration *migration, const char *sql, bool *busy)
{
    *busy = false;
    if (strncmp(sql, UNTRANSACTED, strlen(UNTRANSACTED)) != 0)
        return migration_transact(pg, migration, sql, busy);
    return drop_invalid_indexes(pg) && migration_run(pg, migration, sql, busy) && migration_note(pg, migration);
}

static bool migration_apply(PGconn *pg, const struct migration *migration, const char *sql)
{
    for (int attempt = 1; attempt <= MIGRATION_ATTEMPTS_MAX && !interrupted; attempt++) {
        bool busy;
        if (migration_try(pg, migration, sql, &busy)) {
            log_info("migration applied", LOG_TEXT("name", migration->name), LOG_INT("attempt", attempt));
            return true;
        }
        if (!busy)
            return false;
        int64_t wait_ms = attempt * INT64_C(200) < MIGRATION_PAUSE_MAX_MS ? attempt * INT64_C(200) : MIGRATION_PAUSE_MAX_MS;
        log_info("tables are in use: letting them pass", LOG_TEXT("migration", migration->name), LOG_INT("attempt", attempt));
        log_flush();
        pause_ms(wait_ms);
    }
    log_error("migration failed", LOG_TEXT("at", migration->name),
              LOG_TEXT("error", interrupted ? "interrupted by a signal" : "its tables were in use all the time"));
    return false;
}

static enum result migrate_each(PGconn *pg, const char *app, const struct migration *migrations, size_t count)
{
    struct buf sql;
    enum result result = RESULT_OK;
    buf_init(&sql, MIGRATION_BYTES_MAX);
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        enum migration_state state = migration_look_up(pg, &migrations[i]);
        if (state == MIGRATION_APPLIED)
            continue;
        if (state == MIGRATION_CHANGED) {
            log_error("an applied migration has been changed: add a new one instead", LOG_TEXT("name", migrations[i].name));
            result = RESULT_REFUSED;
        } else if (state == MIGRATION_UNKNOWN || !expand(&sql, migrations[i].sql, app) ||
                   !migration_apply(pg, &migrations[i], sql.data)) {
            result = RESULT_FAILED;
        }
    }
    buf_free(&sql);
    return result;
}

/* One migrator at a time; the lock goes with the connection. */
static bool lock_out_others(PGconn *pg)
{
    bool told = false;
    while (!interrupted) {
        PGresult *result = PQexec(pg, "SELECT pg_try_advisory_lock(" ADVISORY_LOCK ")");
        bool known = PQresultStatus(result) == PGRES_TUPLES_OK, locked = known && PQgetvalue(result, 0, 0)[0] == 't';
        if (locked || !known)
            return settle(pg, result, "lock") && locked;
        PQclear(result);
        if (!told)
            log_info("another migrator is at work: waiting for it");
        told = true;
        log_flush();
        pause_ms(LOOK_PAUSE_MS);
    }
    return false;
}

static enum result migrate_connected(PGconn *pg, const char *role, const struct migration *migrations, size_t count)
{
    char *app = PQescapeIdentifier(pg, role, strlen(role));
    char grant[256], timeout[64];
    if (!app)
        return RESULT_MALFORMED;
    (void)snprintf(grant, sizeof grant, "GRANT SELECT ON schema_migration TO %s", app);
    (void)snprintf(timeout, sizeof timeout, "SET lock_timeout = %d", MIGRATION_LOCK_TIMEOUT_MS);
    PQsetNoticeProcessor(pg, ignore_notice, NULL);
    enum result result = RESULT_FAILED;
    if (lock_out_others(pg) && run(pg, timeout, "lock_timeout") &&
        run(pg, "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, checksum text NOT NULL,"
                " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())", "schema_migration") &&
        run(pg, grant, "schema_migration"))
        result = migrate_each(pg, app, migrations, count);
    PQfreemem(app);
    return result;
}

enum result db_migrate(const char *owner_conninfo, const char *app_role, const struct migration *migrations, size_t count)
{
    char *role = role_of(app_role);
    if (!role) {
        log_error("migration failed", LOG_TEXT("at", "the app role: neither a name nor a conninfo with a user"));
        return RESULT_MALFORMED;
    }
    PGconn *pg = connect_blocking(owner_conninfo);
    enum result result = RESULT_CLOSED;
    if (pg) {
        PGcancel *how = PQgetCancel(pg);
        cancelled = how;
        result = migrate_connected(pg, role, migrations, count);
        cancelled = NULL;
        PQfreeCancel(how);
        PQfinish(pg);
    }
    memory_free(role);
    return result;
}
