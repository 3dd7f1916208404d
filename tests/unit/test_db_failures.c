/* What goes wrong between a service and PostgreSQL, made to go wrong for real: constraints, problems told by SQL, bad input, timeouts,
 * deadlocks, killed backends, a server out of reach, plans gone stale, statements that do not parse. */
#include "pg_fixture.h"
#include "run_co.h"

#include "base/limits.h"
#include "gen/problems.h"

#include <stdio.h>
#include <stdlib.h>

static const struct statement st_put = {
    .name = "put", .text = "INSERT INTO thing (id) VALUES ($1::bigint)", .parameter_count = 1, .pool = POOL_WRITE,
    .autofill = NO_AUTO };
static const struct statement st_put_deferred = {
    .name = "put_deferred", .text = "INSERT INTO late (id) VALUES ($1::bigint) RETURNING id", .parameter_count = 1,
    .pool = POOL_WRITE, .emits_events = true, .autofill = NO_AUTO };
static const struct statement st_put_stock = {
    .name = "put_stock", .text = "INSERT INTO stocked (on_hand) VALUES ($1::int)", .parameter_count = 1, .pool = POOL_WRITE,
    .autofill = NO_AUTO };
static const struct statement st_remember = {
    .name = "remember", .parameter_count = 1, .pool = POOL_WRITE, .autofill = NO_AUTO,
    .text = "INSERT INTO idempotency (operation, subject, key, request_hash, status, body) VALUES ('o', 's', $1, 'h', 201, '{}')" };
static const struct statement st_fail = {
    .name = "fail", .text = "SELECT cuotas_fail($1, $2)", .parameter_count = 2, .pool = POOL_WRITE, .autofill = NO_AUTO };
static const struct statement st_problem = {
    .name = "problem", .parameter_count = 2, .pool = POOL_WRITE, .autofill = NO_AUTO,
    .text = "WITH made AS (INSERT INTO thing (id) VALUES (777)) SELECT $1 AS problem, $2 AS problem_detail, 'x' AS body" };
static const struct statement st_input = {
    .name = "input", .text = "SELECT $1::smallint AS n, $2::date AS d, $3::uuid AS u", .parameter_count = 3, .pool = POOL_READ,
    .autofill = NO_AUTO };
static const struct statement st_broken = {
    .name = "divide", .text = "SELECT 1 / $1::int AS n", .parameter_count = 1, .pool = POOL_READ, .autofill = NO_AUTO };
static const struct statement st_write_on_read = {
    .name = "write_on_read", .text = "INSERT INTO thing (id) VALUES (888)", .pool = POOL_READ, .autofill = NO_AUTO };
static const struct statement st_limit = {
    .name = "limit_time", .text = "SELECT set_config('statement_timeout', $1, true) AS t", .parameter_count = 1, .pool = POOL_WRITE,
    .autofill = NO_AUTO };
static const struct statement st_sleep = {
    .name = "sleep", .text = "SELECT pg_sleep($1::float8)", .parameter_count = 1, .pool = POOL_WRITE, .autofill = NO_AUTO };
static const struct statement st_read_gate = {
    .name = "read_gate", .text = "SELECT pg_advisory_xact_lock_shared(42), pg_backend_pid() AS pid", .pool = POOL_READ, .autofill = NO_AUTO };
static const struct statement st_write_gate = {
    .name = "write_gate", .parameter_count = 1, .pool = POOL_WRITE, .autofill = NO_AUTO,
    .text = "INSERT INTO thing (id) SELECT $1::bigint FROM (SELECT pg_advisory_xact_lock_shared(42)) AS gate" };
static const struct statement st_bump = {
    .name = "bump", .text = "UPDATE thing SET n = n + 1 WHERE id = $1::bigint", .parameter_count = 1, .pool = POOL_WRITE,
    .autofill = NO_AUTO };
static const struct statement st_star = {
    .name = "star", .text = "SELECT * FROM thing ORDER BY id LIMIT 1", .pool = POOL_WRITE, .autofill = NO_AUTO };
static const struct statement *const statements[] = {
    &st_put, &st_put_deferred, &st_put_stock, &st_remember, &st_fail, &st_problem, &st_input, &st_broken, &st_write_on_read,
    &st_limit, &st_sleep, &st_read_gate, &st_write_gate, &st_bump, &st_star, NULL };

#define ARGS(...) (const struct slice[]){ __VA_ARGS__ }

static int event_calls;

static void on_events(void)
{
    event_calls++;
}

static void open_db(int read, int write)
{
    const struct db_config config = { .conninfo = pg_fixture_app(NULL), .read_connections = read, .write_connections = write,
                                      .slow_connections = 1, .statements = statements, .on_events = on_events };
    (void)pg_fixture_sql("DROP TABLE IF EXISTS thing, late, stocked; TRUNCATE idempotency;"
                         "CREATE TABLE thing (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0);"
                         "CREATE TABLE late (id bigint CONSTRAINT late_key UNIQUE DEFERRABLE INITIALLY DEFERRED);"
                         "CREATE TABLE stocked (on_hand int CONSTRAINT stock_not_oversold CHECK (on_hand >= 0))");
    event_calls = 0;
    assert_int_equal(db_open(&config, TEST_DEADLINE_US), RESULT_OK);
    pg_fixture_await_ready((size_t)(read + write + 1));
}

static int64_t count(const char *sql)
{
    int64_t n = -1;
    assert_true(slice_to_int64(slice_from_text(pg_fixture_sql(sql)), &n));
    return n;
}

/* The statement fails with this problem, and says this; the work is ready for the next. */
static void assert_fails(struct work *w, const struct statement *st, const struct slice *args, const struct problem *problem,
                         const char *detail)
{
    assert_false(db_run(w, st, args));
    assert_ptr_equal(w->failure.problem, problem);
    if (detail)
        assert_true(slice_equals_text(w->failure.detail, detail));
    w->failure = (struct failure){ 0 };
}

CO_TEST(constraints_and_sql_name_the_problem)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    assert_fails(&w, &st_put_stock, ARGS(SLICE("-1")), &PROBLEM_out_of_stock, NULL);
    assert_true(db_run(&w, &st_remember, ARGS(SLICE("k"))));
    assert_fails(&w, &st_remember, ARGS(SLICE("k")), &PROBLEM_idempotency_collision, NULL);
    assert_true(db_run(&w, &st_put, ARGS(SLICE("1"))));
    assert_fails(&w, &st_put, ARGS(SLICE("1")), &PROBLEM_internal, NULL);

    struct batch *batch = batch_new(&w, POOL_WRITE);
    batch_add(batch, &st_put, ARGS(SLICE("2")));
    batch_add(batch, &st_fail, ARGS(SLICE("conflict"), SLICE("it is 100% taken")));
    assert_false(batch_run(batch));
    assert_false(batch_committed(batch));
    assert_int_equal(batch_failed_at(batch), 1);
    assert_ptr_equal(w.failure.problem, &PROBLEM_conflict);
    assert_true(slice_equals_text(w.failure.detail, "it is 100% taken"));
    w.failure = (struct failure){ 0 };
    assert_fails(&w, &st_fail, ARGS(SLICE("no_such_code"), SLICE("x")), &PROBLEM_internal, NULL);
    assert_int_equal(count("SELECT count(*) FROM thing"), 1);
    arena_free(w.arena);
    db_close();
}

CO_TEST(a_problem_column_fails_the_call_and_keeps_what_was_done)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    assert_fails(&w, &st_problem, ARGS(SLICE("conflict"), SLICE("why")), &PROBLEM_conflict, "why");
    assert_int_equal(count("SELECT count(*) FROM thing WHERE id = 777"), 1);
    (void)pg_fixture_sql("TRUNCATE thing");
    struct batch *batch = batch_new(&w, POOL_WRITE);
    batch_add(batch, &st_problem, ARGS(SLICE("conflict"), SLICE_NONE));
    assert_false(batch_run(batch));
    assert_true(batch_committed(batch));
    assert_true(slice_equals_text(w.failure.detail, PROBLEM_conflict.title));
    w.failure = (struct failure){ 0 };
    (void)pg_fixture_sql("TRUNCATE thing");
    assert_fails(&w, &st_problem, ARGS(SLICE("no_such_code"), SLICE_NONE), &PROBLEM_internal, NULL);
    (void)pg_fixture_sql("TRUNCATE thing");
    const struct row *row = db_one(&w, &st_problem, ARGS(SLICE_NONE, SLICE_NONE));
    assert_non_null(row);
    assert_true(slice_equals_text(row_text(row, "body"), "x"));
    arena_free(w.arena);
    db_close();
}

CO_TEST(what_fails_at_the_commit_is_no_success)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    assert_true(db_run(&w, &st_put_deferred, ARGS(SLICE("1"))));
    assert_int_equal(event_calls, 1);
    for (int i = 0; i < 3; i++) {
        assert_fails(&w, &st_put_deferred, ARGS(SLICE("1")), &PROBLEM_internal, NULL);
        assert_true(db_run(&w, &st_put, ARGS(work_int(&w, i))));
    }
    assert_int_equal(event_calls, 1);
    assert_int_equal(count("SELECT count(*) FROM late"), 1);
    assert_int_equal(db_stats().reconnects, 0);
    arena_free(w.arena);
    db_close();
}

CO_TEST(unreadable_input_is_the_clients_and_a_bug_is_ours)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    const struct slice uuid = SLICE("019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10"), date = SLICE("2026-02-28");
    assert_true(db_run(&w, &st_input, ARGS(SLICE("1"), date, uuid)));
    assert_fails(&w, &st_input, ARGS(SLICE("99999"), date, uuid), &PROBLEM_validation_failed, NULL);
    assert_fails(&w, &st_input, ARGS(SLICE("one"), date, uuid), &PROBLEM_validation_failed, NULL);
    assert_fails(&w, &st_input, ARGS(SLICE("1"), SLICE("2026-02-30"), uuid), &PROBLEM_validation_failed, NULL);
    assert_fails(&w, &st_input, ARGS(SLICE("1"), SLICE("soon"), uuid), &PROBLEM_validation_failed, NULL);
    assert_fails(&w, &st_input, ARGS(SLICE("1"), date, SLICE("x")), &PROBLEM_validation_failed, NULL);
    assert_fails(&w, &st_input, ARGS(SLICE("1\0" "2"), date, uuid), &PROBLEM_validation_failed, NULL);
    assert_fails(&w, &st_input, ARGS(SLICE("\xff\xfe"), date, uuid), &PROBLEM_validation_failed, NULL);
    assert_fails(&w, &st_broken, ARGS(SLICE("0")), &PROBLEM_internal, NULL);
    assert_fails(&w, &st_write_on_read, NULL, &PROBLEM_internal, NULL);
    arena_free(w.arena);
    db_close();
}

CO_TEST(a_statement_that_takes_too_long_is_unavailable)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    struct batch *batch = batch_new(&w, POOL_WRITE);
    batch_add(batch, &st_put, ARGS(SLICE("5")));
    batch_add(batch, &st_limit, ARGS(SLICE("50ms")));
    batch_add(batch, &st_sleep, ARGS(SLICE("30")));
    assert_false(batch_run(batch));
    assert_int_equal(batch_failed_at(batch), 2);
    assert_ptr_equal(w.failure.problem, &PROBLEM_unavailable);
    assert_int_equal(w.failure.retry_after_s, 1);
    assert_int_equal(count("SELECT count(*) FROM thing"), 0);
    arena_free(w.arena);
    db_close();
}

CO_TEST(what_the_server_has_no_room_for_is_no_statements_fault)
{
    open_db(1, 1);
    (void)pg_fixture_sql("CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$;"
                         "CREATE TRIGGER no_room BEFORE INSERT ON thing FOR EACH ROW EXECUTE FUNCTION no_room()");
    struct work w = pg_fixture_work();
    struct batch *batch = batch_new(&w, POOL_WRITE);
    batch_add(batch, &st_limit, ARGS(SLICE("10s")));
    batch_add(batch, &st_put, ARGS(SLICE("5")));
    assert_false(batch_run(batch));
    assert_int_equal(batch_failed_at(batch), -1);   /* so no event is parked because a disk is full */
    assert_ptr_equal(w.failure.problem, &PROBLEM_unavailable);
    arena_free(w.arena);
    db_close();
}

/* ---- connections that go away ---- */

struct caller {
    const struct statement *statement;
    struct slice id;
    bool ended, ok, unreached;
    const struct problem *problem;
};

static void call(void *arg)
{
    struct caller *caller = arg;
    struct work w = pg_fixture_work();
    caller->ok = db_run(&w, caller->statement, &caller->id);
    caller->problem = w.failure.problem;
    caller->unreached = slice_equals_text(w.failure.detail, "the database cannot be reached");
    caller->ended = true;
    arena_free(w.arena);
}

/* Until `want` backends of the pool wait for the gate the test holds closed. */
static void await_gate(int want)
{
    while (count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted") < want)
        co_sleep_us(2000);
}

CO_TEST(a_killed_backend_fails_writes_and_repeats_reads)
{
    open_db(1, 1);
    PGconn *gate = pg_fixture_connect(NULL);
    PQclear(PQexec(gate, "SELECT pg_advisory_lock(42)"));
    struct caller callers[] = { { .statement = &st_write_gate, .id = SLICE("1") }, { .statement = &st_put, .id = SLICE("2") },
                                { .statement = &st_read_gate } };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(co_spawn(call, &callers[i]), RESULT_OK);
    co_yield();
    await_gate(2);
    assert_int_equal(db_stats().in_flight, 3);
    (void)pg_fixture_sql("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    while (!callers[0].ended || !callers[1].ended)
        co_sleep_us(1000);
    for (size_t i = 0; i < 2; i++) {
        assert_false(callers[i].ok);
        assert_ptr_equal(callers[i].problem, &PROBLEM_unavailable);
    }
    await_gate(1);   /* the read is there again, on a new connection */
    assert_false(callers[2].ended);
    PQfinish(gate);
    while (!callers[2].ended)
        co_sleep_us(1000);
    assert_true(callers[2].ok);
    assert_int_equal(count("SELECT count(*) FROM thing"), 0);
    /* And writes go on. */
    struct caller again = { .statement = &st_put, .id = SLICE("3") };
    call(&again);
    assert_true(again.ok);
    assert_int_equal(db_stats().reconnects, 2);
    db_close();
}

CO_TEST(idle_connections_that_were_cut_come_back_unnoticed)
{
    open_db(2, 2);
    (void)pg_fixture_sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'cuotas %'");
    while (db_stats().reconnects < 5)
        co_sleep_us(1000);
    struct caller read = { .statement = &st_broken, .id = SLICE("1") }, write = { .statement = &st_put, .id = SLICE("1") };
    call(&read);
    call(&write);
    assert_true(read.ok && write.ok);
    db_close();
}

CO_TEST(without_a_server_units_fail_soon_and_then_at_once)
{
    open_db(1, 1);
    /* Nobody may log in to this database any more. */
    char name[64], sql[256];
    (void)snprintf(name, sizeof name, "%s", pg_fixture_sql("SELECT current_database()"));
    (void)snprintf(sql, sizeof sql, "ALTER DATABASE %s ALLOW_CONNECTIONS false; SELECT count(pg_terminate_backend(pid)) FROM "
                                    "pg_stat_activity WHERE application_name LIKE 'cuotas %%'", name);
    (void)pg_fixture_sql_in("", sql);
    while (db_ready())
        co_sleep_us(1000);
    struct caller waits = { .statement = &st_put, .id = SLICE("1") }, refused = { .statement = &st_put, .id = SLICE("2") };
    int64_t started_us = clock_monotonic_us();
    do {   /* the first may still be sent, and lost with its connection */
        call(&waits);
        assert_ptr_equal(waits.problem, &PROBLEM_unavailable);
    } while (!waits.unreached);
    int64_t waited_us = clock_monotonic_us() - started_us;
    assert_true(waited_us < 15000000);
    call(&refused);
    assert_true(refused.unreached);
    assert_true(clock_monotonic_us() - started_us - waited_us < 1000000);
    (void)snprintf(sql, sizeof sql, "ALTER DATABASE %s ALLOW_CONNECTIONS true", name);
    (void)pg_fixture_sql_in("", sql);
    while (!db_ready())
        co_sleep_us(1000);
    call(&waits);
    assert_true(waits.ok);
    db_close();
}

/* ---- retries ---- */

struct deadlock {
    struct slice first, second;
    bool ended, ok;
};

static void lock_two(void *arg)
{
    struct deadlock *deadlock = arg;
    struct work w = pg_fixture_work();
    struct batch *batch = batch_new(&w, POOL_WRITE);
    batch_add(batch, &st_bump, &deadlock->first);
    batch_add(batch, &st_sleep, ARGS(SLICE("0.2")));
    batch_add(batch, &st_bump, &deadlock->second);
    deadlock->ok = batch_run(batch);
    deadlock->ended = true;
    arena_free(w.arena);
}

CO_TEST(deadlocks_are_tried_again)
{
    open_db(1, 2);
    (void)pg_fixture_sql("INSERT INTO thing (id) VALUES (1), (2)");
    struct deadlock a = { SLICE("1"), SLICE("2"), false, false }, b = { SLICE("2"), SLICE("1"), false, false };
    assert_int_equal(co_spawn(lock_two, &a), RESULT_OK);
    assert_int_equal(co_spawn(lock_two, &b), RESULT_OK);
    while (!a.ended || !b.ended)
        co_sleep_us(1000);
    assert_true(a.ok && b.ok);
    assert_int_equal(count("SELECT sum(n) FROM thing"), 4);
    assert_true(db_stats().failures > 0);   /* it did happen */
    db_close();
}

CO_TEST(a_plan_gone_stale_is_replaced)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    (void)pg_fixture_sql("INSERT INTO thing (id, n) VALUES (1, 5)");
    assert_int_equal(row_int(db_one(&w, &st_star, NULL), "n"), 5);
    (void)pg_fixture_sql("ALTER TABLE thing ALTER n TYPE bigint, ADD m int DEFAULT 7");
    const struct row *row = db_one(&w, &st_star, NULL);
    assert_non_null(row);
    assert_int_equal(row_int(row, "m"), 7);
    arena_free(w.arena);
    db_close();
}

/* ---- opening ---- */

CO_TEST(a_wrong_statement_stops_the_start)
{
    static const struct statement wrong = { .name = "wrong", .text = "SELECT nothing FROM nowhere", .pool = POOL_SLOW, .autofill = NO_AUTO };
    static const struct statement *const with_wrong[] = { &st_input, &wrong, NULL };
    const struct db_config config = { .conninfo = pg_fixture_app(NULL), .read_connections = 2, .write_connections = 2,
                                      .slow_connections = 2, .statements = with_wrong };
    assert_int_equal(db_open(&config, TEST_DEADLINE_US), RESULT_FAILED);
    assert_false(db_ready());
}

CO_TEST(a_server_that_is_not_there_is_told)
{
    struct db_config config = { .conninfo = "host=/nowhere dbname=x", .read_connections = 1, .write_connections = 1,
                                .slow_connections = 1, .statements = statements };
    assert_int_equal(db_open(&config, clock_monotonic_us() + 300000), RESULT_CLOSED);
    config.conninfo = "host=name.invalid dbname=x";
    assert_int_equal(db_open(&config, clock_monotonic_us() + 300000), RESULT_CLOSED);
    config.conninfo = "this is = no 'conninfo";
    assert_int_equal(db_open(&config, TEST_DEADLINE_US), RESULT_FAILED);   /* at once: not RESULT_CLOSED, the deadline's */
}

static enum result open_as(const char *setting, const char *value)
{
    char conninfo[1200];
    (void)snprintf(conninfo, sizeof conninfo, "%s %s=%s", pg_fixture_app(NULL), setting, value);
    const struct db_config config = { .conninfo = conninfo, .read_connections = 1, .write_connections = 1, .slow_connections = 1, .statements = statements };
    enum result result = db_open(&config, TEST_DEADLINE_US);
    db_close();
    return result;
}

/* Nobody waits for what no further try changes: a role that is not there or may not log in (28000, 28P01), no such database (3D000). */
CO_TEST(a_server_that_does_not_know_us_ends_the_start)
{
    assert_int_equal(open_as("user", "nobody_of_that_name"), RESULT_FAILED);
    assert_int_equal(open_as("dbname", "nothing_of_that_name"), RESULT_FAILED);
    (void)pg_fixture_sql("CREATE ROLE cuotas_shut_out NOLOGIN");
    enum result result = open_as("user", "cuotas_shut_out");
    (void)pg_fixture_sql("DROP ROLE cuotas_shut_out");
    assert_int_equal(result, RESULT_FAILED);
}

static PGconn *gate;             /* to another database: the own one cannot be shut */
static char gated[64];

static void gate_set(bool open)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql, "ALTER DATABASE \"%s\" ALLOW_CONNECTIONS %s", gated, open ? "true" : "false");
    PGresult *result = PQexec(gate, sql);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
}

static void gate_open_soon(void *unused)
{
    (void)unused;
    co_sleep_us(300000);
    gate_set(true);
}

/* One that takes nobody now (55000), as one that starts (57P03) or is full (53300), is asked again. */
CO_TEST(a_server_that_takes_nobody_now_is_waited_for)
{
    (void)snprintf(gated, sizeof gated, "%s", pg_fixture_sql("SELECT current_database()"));
    gate = pg_fixture_connect("");
    gate_set(false);
    assert_int_equal(co_spawn(gate_open_soon, NULL), RESULT_OK);
    assert_int_equal(open_as("application_name", "waiting"), RESULT_OK);
    PQfinish(gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constraints_and_sql_name_the_problem),
        cmocka_unit_test(a_problem_column_fails_the_call_and_keeps_what_was_done),
        cmocka_unit_test(what_fails_at_the_commit_is_no_success),
        cmocka_unit_test(unreadable_input_is_the_clients_and_a_bug_is_ours),
        cmocka_unit_test(a_statement_that_takes_too_long_is_unavailable),
        cmocka_unit_test(what_the_server_has_no_room_for_is_no_statements_fault),
        cmocka_unit_test(a_killed_backend_fails_writes_and_repeats_reads),
        cmocka_unit_test(idle_connections_that_were_cut_come_back_unnoticed),
        cmocka_unit_test(without_a_server_units_fail_soon_and_then_at_once),
        cmocka_unit_test(deadlocks_are_tried_again),
        cmocka_unit_test(a_plan_gone_stale_is_replaced),
        cmocka_unit_test(a_wrong_statement_stops_the_start),
        cmocka_unit_test(a_server_that_is_not_there_is_told),
        cmocka_unit_test(a_server_that_does_not_know_us_ends_the_start),
        cmocka_unit_test(a_server_that_takes_nobody_now_is_waited_for),
    };
    return cmocka_run_group_tests(tests, pg_fixture_setup, pg_fixture_teardown);
}
