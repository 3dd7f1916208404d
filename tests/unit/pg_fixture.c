/* See pg_fixture.h. Blocking libpq throughout: a test's own queries must not pass through what it tests. */
#include "pg_fixture.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/co.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define DATABASES_MAX 5
#define SQL_BYTES_MAX (64 * 1024)

static struct {
    char name[64], owner[1024], app[1024];
} databases[DATABASES_MAX];
static size_t database_count;
static char app_role[64];
static char common_sql[SQL_BYTES_MAX];

static void conninfo_quote(char *out, size_t capacity, const char *keyword, const char *value)
{
    size_t used = strlen(out);
    used += (size_t)snprintf(out + used, capacity - used, "%s='", keyword);
    for (; *value && used + 4 < capacity; value++) {
        if (*value == '\'' || *value == '\\')
            out[used++] = '\\';
        out[used++] = *value;
    }
    out[used] = '\0';
    strcat(out, "' ");
}

/* The given conninfo with another database and, for the app, its role. */
static void conninfo_for(const char *dbname, const char *role, char *out, size_t capacity)
{
    PQconninfoOption *options = PQconninfoParse(getenv("CUOTAS_TEST_PG"), NULL);
    out[0] = '\0';
    for (PQconninfoOption *option = options; option && option->keyword; option++)
        if (option->val && strcmp(option->keyword, "dbname") != 0 && strcmp(option->keyword, "options") != 0)
            conninfo_quote(out, capacity, option->keyword, option->val);
    PQconninfoFree(options);
    conninfo_quote(out, capacity, "dbname", dbname);
    if (role) {
        char set_role[128];
        (void)snprintf(set_role, sizeof set_role, "-c role=%s", role);
        conninfo_quote(out, capacity, "options", set_role);
    }
}

static size_t database_find(const char *name)
{
    for (size_t i = 0; name && i < database_count; i++)
        if (strcmp(databases[i].name, name) == 0)
            return i;
    return 0;
}

const char *pg_fixture_owner(const char *name)
{
    return databases[database_find(name)].owner;
}

const char *pg_fixture_app(const char *name)
{
    return databases[database_find(name)].app;
}

const char *pg_fixture_app_role(void)
{
    return app_role;
}

static const char *read_migration(const char *name, char sql[SQL_BYTES_MAX])
{
    char path[1024];
    const char *root = getenv("CUOTAS_ROOT");
    (void)snprintf(path, sizeof path, "%s/libcommon/bus/migrations/%s.sql", root ? root : ".", name);
    FILE *file = fopen(path, "r");
    size_t size = file ? fread(sql, 1, SQL_BYTES_MAX - 1, file) : 0;
    if (!file || size == 0 || size == SQL_BYTES_MAX - 1)
        fail_msg("%s cannot be read: run from the project's root, or set CUOTAS_ROOT", path);
    (void)fclose(file);
    return sql;
}

const char *pg_fixture_common_sql(void)
{
    return common_sql[0] ? common_sql : read_migration("0000_common", common_sql);
}

static void ignore_notice(void *unused, const char *message)
{
    (void)unused, (void)message;
}

PGconn *pg_fixture_connect(const char *name)
{
    PGconn *pg = PQconnectdb(name && name[0] == '\0' ? getenv("CUOTAS_TEST_PG") : pg_fixture_owner(name));
    if (PQstatus(pg) != CONNECTION_OK)
        fail_msg("CUOTAS_TEST_PG: %s", PQerrorMessage(pg));
    PQsetNoticeProcessor(pg, ignore_notice, NULL);
    return pg;
}

const char *pg_fixture_sql_in(const char *name, const char *sql)
{
    static char value[65536];
    PGconn *pg = pg_fixture_connect(name);
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(pg));
    (void)snprintf(value, sizeof value, "%s", PQntuples(result) > 0 && PQnfields(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(pg);
    return value;
}

const char *pg_fixture_sql(const char *sql)
{
    return pg_fixture_sql_in(NULL, sql);
}

void pg_fixture_add(const char *name)
{
    char sql[128], dbname[64];
    assert_true(database_count < DATABASES_MAX);
    (void)snprintf(dbname, sizeof dbname, "cuotas_%s_%d", name, (int)getpid());
    (void)snprintf(databases[database_count].name, sizeof databases[0].name, "%s", name);
    (void)snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS %s", dbname);
    (void)pg_fixture_sql_in("", sql);
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", dbname);
    (void)pg_fixture_sql_in("", sql);
    conninfo_for(dbname, NULL, databases[database_count].owner, sizeof databases[0].owner);
    conninfo_for(dbname, app_role, databases[database_count].app, sizeof databases[0].app);
    database_count++;
    static char lives_sql[SQL_BYTES_MAX];
    const struct migration common[] = { { .name = "0000_common", .sql = pg_fixture_common_sql() },
                                        { .name = "0000_lives", .sql = read_migration("0000_lives", lives_sql) } };
    assert_int_equal(db_migrate(pg_fixture_owner(name), app_role, common, 2), RESULT_OK);
}

int pg_fixture_setup(void **state)
{
    (void)state;
    char sql[160];
    if (!getenv("CUOTAS_TEST_PG")) {
        (void)fprintf(stderr, "CUOTAS_TEST_PG is not set: it must be the conninfo of a PostgreSQL superuser's database\n");
        exit(1);   /* cmocka would call a group without tests a success */
    }
    if (!getenv("CUOTAS_TEST_LOG"))
        log_setup("test", LOG_ERROR + 1);   /* tests fail things on purpose */
    (void)snprintf(app_role, sizeof app_role, "cuotas_app_%d", (int)getpid());
    (void)snprintf(sql, sizeof sql, "CREATE ROLE %s", app_role);
    (void)pg_fixture_sql_in("", sql);
    pg_fixture_add("first");
    return 0;
}

int pg_fixture_teardown(void **state)
{
    (void)state;
    char sql[160];
    while (database_count > 0) {
        database_count--;
        (void)snprintf(sql, sizeof sql, "DROP DATABASE cuotas_%s_%d WITH (FORCE)", databases[database_count].name, (int)getpid());
        (void)pg_fixture_sql_in("", sql);
    }
    (void)snprintf(sql, sizeof sql, "DROP ROLE %s", app_role);
    (void)pg_fixture_sql_in("", sql);
    return 0;
}

void pg_fixture_open(const struct statement *const *statements, int read, int write, int slow)
{
    const struct db_config config = { .conninfo = pg_fixture_app(NULL), .read_connections = read, .write_connections = write,
                                      .slow_connections = slow, .statements = statements };
    assert_int_equal(db_open(&config, clock_monotonic_us() + 20 * INT64_C(1000000)), RESULT_OK);
    pg_fixture_await_ready((size_t)(read + write + slow));
}

struct work pg_fixture_work(void)
{
    return (struct work){ .arena = arena_new(), .deadline_us = clock_monotonic_us() + 20 * INT64_C(1000000) };
}

void pg_fixture_await_ready(size_t count)
{
    while (db_stats().ready < count)
        co_sleep_us(1000);
}
