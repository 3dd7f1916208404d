/* Migrations: each once, in order, whole or not at all, never changed afterwards, and what the app role may do then. */
#include "pg_fixture.h"
#include "run_co.h"

#include "base/log.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMON { .name = "0000_common", .sql = pg_fixture_common_sql() }

static enum result migrate(const struct migration *migrations, size_t count)
{
    return db_migrate(pg_fixture_owner(NULL), pg_fixture_app_role(), migrations, count);
}

/* What is logged goes to `told`, when there is room. */
static enum result open_with(const struct migration *migrations, size_t count, char *told, size_t room)
{
    static const struct statement wants_a = { .name = "wants_a", .text = "SELECT n FROM a", .pool = POOL_READ, .autofill = NO_AUTO };
    static const struct statement wants_b = { .name = "wants_b", .text = "SELECT n FROM a", .pool = POOL_WRITE, .autofill = NO_AUTO };
    static const struct statement *const statements[] = { &wants_a, &wants_b, NULL };
    const struct db_config config = { .conninfo = pg_fixture_app(NULL), .migrations = migrations, .migration_count = count,
                                      .read_connections = 2, .write_connections = 2, .slow_connections = 1, .statements = statements };
    FILE *log = told ? tmpfile() : NULL;
    const int real_stderr = dup(STDERR_FILENO);
    if (log)
        (void)dup2(fileno(log), STDERR_FILENO);
    log_setup("test", LOG_ERROR);
    enum result result = db_open(&config, TEST_DEADLINE_US);
    db_close();
    log_setup("test", LOG_ERROR + 1);
    (void)dup2(real_stderr, STDERR_FILENO);
    (void)close(real_stderr);
    if (log) {
        const ssize_t size = pread(fileno(log), told, room - 1, 0);
        told[size > 0 ? size : 0] = '\0';
        (void)fclose(log);
    }
    return result;
}

CO_TEST(migrations_are_applied_once)
{
    const struct migration two[] = { COMMON, { .name = "0001_a", .sql = "CREATE TABLE a (n int); INSERT INTO a VALUES (1)" } };
    char told[2048];
    /* It is told of, and nothing else is: not the statements that do not fit it. */
    assert_int_equal(open_with(two, 2, told, sizeof told), RESULT_FAILED);
    assert_non_null(strstr(told, "run `migrate` first\",\"migration\":\"0001_a\",\"state\":\"missing"));
    assert_null(strstr(told, "cannot be prepared"));
    assert_int_equal(migrate(two, 2), RESULT_OK);
    assert_int_equal(migrate(two, 2), RESULT_OK);
    assert_string_equal(pg_fixture_sql("SELECT count(*) FROM a"), "1");
    assert_int_equal(open_with(two, 2, NULL, 0), RESULT_OK);
    /* A program that knows less than the database, as during a rolling deploy. */
    assert_int_equal(open_with(two, 1, NULL, 0), RESULT_OK);
}

CO_TEST(a_changed_migration_is_refused)
{
    char told[2048];
    const struct migration changed[] = { COMMON, { .name = "0001_a", .sql = "CREATE TABLE a (n bigint)" },
                                         { .name = "0002_b", .sql = "CREATE TABLE never (n int)" } };
    assert_int_equal(migrate(changed, 3), RESULT_REFUSED);
    assert_string_equal(pg_fixture_sql("SELECT to_regclass('never') IS NULL"), "t");
    assert_int_equal(open_with(changed, 2, told, sizeof told), RESULT_FAILED);
    assert_non_null(strstr(told, "\"migration\":\"0001_a\",\"state\":\"changed"));
}

/* A database nobody has migrated yet; what took the table away here gives it back. */
CO_TEST(a_database_without_any_schema_is_told)
{
    const struct migration common[] = { COMMON };
    char told[2048];
    (void)pg_fixture_sql("ALTER TABLE schema_migration RENAME TO elsewhere");
    assert_int_equal(open_with(common, 1, told, sizeof told), RESULT_FAILED);
    (void)pg_fixture_sql("ALTER TABLE elsewhere RENAME TO schema_migration");
    assert_non_null(strstr(told, "run `migrate` first\",\"migration\":\"0000_common\",\"state\":\"missing"));
}

/* Migrated, but not ours to read: no migration would help. */
CO_TEST(a_schema_we_may_not_read_is_told_as_that)
{
    const struct migration common[] = { COMMON };
    char told[2048], revoke[128], grant[128];
    (void)snprintf(revoke, sizeof revoke, "REVOKE SELECT ON schema_migration FROM %s", pg_fixture_app_role());
    (void)snprintf(grant, sizeof grant, "GRANT SELECT ON schema_migration TO %s", pg_fixture_app_role());
    (void)pg_fixture_sql(revoke);
    assert_int_equal(open_with(common, 1, told, sizeof told), RESULT_FAILED);
    (void)pg_fixture_sql(grant);
    assert_non_null(strstr(told, "permission denied for table schema_migration"));
    assert_null(strstr(told, "migrate`"));
    (void)pg_fixture_sql("ALTER TABLE schema_migration RENAME COLUMN checksum TO sum");
    assert_int_equal(open_with(common, 1, told, sizeof told), RESULT_FAILED);
    (void)pg_fixture_sql("ALTER TABLE schema_migration RENAME COLUMN sum TO checksum");
    assert_true(strstr(told, "column \\\"checksum\\\" does not exist") && !strstr(told, "migrate`"));
    assert_int_equal(open_with(common, 1, NULL, 0), RESULT_OK);
}

static void a_failing_migration_leaves_nothing(void **state)
{
    (void)state;
    const struct migration bad[] = { { .name = "0003_bad", .sql = "CREATE TABLE half (n int); SELECT 1 / 0" } };
    const struct migration ends[] = { { .name = "0004_commits", .sql = "CREATE TABLE loose (n int); COMMIT" } };
    const struct migration good[] = { { .name = "0003_bad", .sql = "CREATE TABLE half (n int)" } };
    assert_int_equal(migrate(bad, 1), RESULT_FAILED);
    assert_string_equal(pg_fixture_sql("SELECT to_regclass('half') IS NULL"), "t");
    assert_int_equal(migrate(ends, 1), RESULT_FAILED);
    assert_int_equal(migrate(good, 1), RESULT_OK);
}

static void the_app_role_gets_what_a_migration_gives(void **state)
{
    (void)state;
    const struct migration posting[] = { { .name = "0005_posting",
        .sql = "CREATE TABLE posting (n int); REVOKE UPDATE, DELETE ON posting FROM {{app}}; COMMENT ON TABLE posting IS '{{app}}'" } };
    /* The role's conninfo stands for its name too. */
    char conninfo[256];
    (void)snprintf(conninfo, sizeof conninfo, "postgresql://%s:secret@host/db", pg_fixture_app_role());
    assert_int_equal(db_migrate(pg_fixture_owner(NULL), conninfo, posting, 1), RESULT_OK);
    char sql[512];
    (void)snprintf(sql, sizeof sql, "SELECT has_table_privilege('%s', 'posting', 'INSERT') AND has_table_privilege('%s', 'posting', "
                   "'SELECT') AND NOT has_table_privilege('%s', 'posting', 'UPDATE') AND NOT has_table_privilege('%s', 'posting', 'TRUNCATE')",
                   pg_fixture_app_role(), pg_fixture_app_role(), pg_fixture_app_role(), pg_fixture_app_role());
    assert_string_equal(pg_fixture_sql(sql), "t");
    assert_int_equal(db_migrate(pg_fixture_owner(NULL), "dbname=x", posting, 1), RESULT_MALFORMED);
}

static void migrators_do_not_meet(void **state)
{
    (void)state;
    const struct migration slow[] = { { .name = "0006_slow", .sql = "SELECT pg_sleep(0.3); CREATE TABLE slow (n int)" } };
    pid_t child[3];
    for (int i = 0; i < 3; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0)
            _exit(migrate(slow, 1) == RESULT_OK ? 0 : 1);
    }
    for (int i = 0; i < 3; i++) {
        int status = -1;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
}

/* Tables in use: the migration lets those pass who use them, instead of making everybody queue behind it, and gets its turn. */
static void a_table_in_use_is_waited_for_in_short_turns(void **state)
{
    (void)state;
    const struct migration alter[] = { { .name = "0007_alter", .sql = "ALTER TABLE a ADD COLUMN more int" } };
    PGconn *other = pg_fixture_connect(NULL);
    PQclear(PQexec(other, "BEGIN; SELECT * FROM a"));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(migrate(alter, 1) == RESULT_OK ? 0 : 1);
    /* It waits for us; then it has given up for a moment: nobody who comes meanwhile waits for it. */
    while (strcmp(pg_fixture_sql("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'a'::regclass"), "0") == 0)
        usleep(1000);
    while (strcmp(pg_fixture_sql("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'a'::regclass"), "0") != 0)
        usleep(1000);
    assert_int_equal(waitpid(child, &(int){ 0 }, WNOHANG), 0);
    PQclear(PQexec(other, "COMMIT"));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    PQfinish(other);
    assert_string_equal(pg_fixture_sql("SELECT count(*) FROM a WHERE more IS NULL"), "1");
}

/* What cannot run in a transaction, with a second migrator waiting and an invalid index left by a try that was cut short. */
static void an_index_is_made_beside_the_work(void **state)
{
    (void)state;
    const struct migration index[] = { { .name = "0008_index",
        .sql = "-- no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a_n ON a (n)" } };
    (void)pg_fixture_sql("CREATE INDEX a_n ON a (n); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'a_n'::regclass");
    pid_t child[3];
    for (int i = 0; i < 3; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0)
            _exit(migrate(index, 1) == RESULT_OK ? 0 : 1);
    }
    for (int i = 0; i < 3; i++) {
        int status = -1;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
    assert_string_equal(pg_fixture_sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_n'::regclass"), "t");
}

/* A signal cancels what runs; nothing of it stays. */
static void an_interrupted_migration_leaves_nothing(void **state)
{
    (void)state;
    const struct migration slow[] = { { .name = "0009_slow", .sql = "CREATE TABLE cut (n int); SELECT pg_sleep(60)" } };
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGTERM, db_migrate_interrupt);
        _exit(migrate(slow, 1) == RESULT_FAILED ? 0 : 1);
    }
    while (strcmp(pg_fixture_sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"), "0") == 0)
        usleep(1000);
    kill(child, SIGTERM);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_string_equal(pg_fixture_sql("SELECT to_regclass('cut') IS NULL AND NOT EXISTS (SELECT FROM schema_migration WHERE name = '0009_slow')"), "t");
}

static void cursors_are_base64url(void **state)
{
    (void)state;
    assert_string_equal(pg_fixture_sql("SELECT cuotas_cursor('2026-11-22', 'a?>~')"), "MjAyNi0xMS0yMnxhPz5-");
    assert_string_equal(pg_fixture_sql("SELECT cuotas_cursor('a')"), "YQ");
    assert_string_equal(pg_fixture_sql("SELECT cuotas_cursor(NULL, NULL) IS NULL"), "t");
    assert_string_equal(pg_fixture_sql("SELECT cuotas_cursor(repeat('x', 200)) ~ '^[A-Za-z0-9_-]+$'"), "t");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrations_are_applied_once),
        cmocka_unit_test(a_changed_migration_is_refused),
        cmocka_unit_test(a_database_without_any_schema_is_told),
        cmocka_unit_test(a_schema_we_may_not_read_is_told_as_that),
        cmocka_unit_test(a_failing_migration_leaves_nothing),
        cmocka_unit_test(the_app_role_gets_what_a_migration_gives),
        cmocka_unit_test(migrators_do_not_meet),
        cmocka_unit_test(a_table_in_use_is_waited_for_in_short_turns),
        cmocka_unit_test(an_index_is_made_beside_the_work),
        cmocka_unit_test(an_interrupted_migration_leaves_nothing),
        cmocka_unit_test(cursors_are_base64url),
    };
    return cmocka_run_group_tests(tests, pg_fixture_setup, pg_fixture_teardown);
}
