/* What is killed (SIGKILL) loses and repeats nothing. A consuming service, again and again while it works through a backlog: every event has its
 * effect exactly once, and in order. The service is a child process; the parent only counts. And a backend of the server's: all its sessions end
 * and it recovers where it stands, as the same postmaster, without what was not flushed. */
#include "bus_fixture.h"
#include "check.h"
#include "pg_fixture.h"
#include "run_co.h"

#include "bus/events.h"

#include <stdio.h>

#define EVENTS 4000
#define KILLS 10

static int effects(void)
{
    return atoi(pg_fixture_sql("SELECT count(*) FROM effect"));
}

static void serve_to_the_end(void *unused)
{
    (void)unused;
    bus_fixture_serve(NULL);
    bus_fixture_await(EVENTS);
    bus_fixture_stop();
}

static pid_t service_start(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_co(serve_to_the_end, NULL);
        _exit(0);
    }
    return child;
}

static void emit_backlog(void)
{
    PGconn *pg = pg_fixture_connect(NULL);
    for (int i = 0; i < EVENTS; i += 20) {
        char sql[512];
        (void)snprintf(sql, sizeof sql, "INSERT INTO outbox (type, subject, customer_id, data, occurred_at) SELECT 'good.thing', n::text, "
                       "('019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e0' || to_hex(n %% 16))::uuid, '{}', '2026-11-22' FROM generate_series(%d, %d) AS n",
                       i, i + 19);
        PGresult *result = PQexec(pg, sql);
        assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
        PQclear(result);
    }
    PQfinish(pg);
}

static void killed_services_lose_and_repeat_nothing(void **state)
{
    (void)state;
    int status;
    bus_fixture_prepare();
    emit_backlog();
    int killed_at_work = 0;
    for (int i = 0; i < KILLS; i++) {
        int before = effects();
        pid_t child = service_start();
        while (effects() < before + 100 && waitpid(child, &status, WNOHANG) == 0)
            continue;
        (void)kill(child, SIGKILL);
        (void)waitpid(child, &status, 0);
        assert_string_equal(pg_fixture_sql("SELECT count(*) - count(DISTINCT event_id) FROM effect"), "0");
        killed_at_work += effects() < EVENTS;
    }
    assert_true(killed_at_work >= 2);
    pid_t child = service_start();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    char total[16];
    (void)snprintf(total, sizeof total, "%d", EVENTS);
    assert_string_equal(pg_fixture_sql("SELECT count(DISTINCT event_id) FROM effect"), total);
    assert_int_equal(effects(), EVENTS);
    assert_string_equal(pg_fixture_sql("SELECT bool_and(subject::int > before) FROM (SELECT subject, lag(subject::int, 1, -1) OVER "
                                       "(PARTITION BY customer_id ORDER BY id) AS before FROM effect) AS e"), "t");
}

/* Transactions that are aborted: that these numbers were handed out need not be known to whoever recovers. The last number. */
static long long abort_transactions(int count)
{
    long long xid = 0;
    PGconn *pg = pg_fixture_connect(NULL);
    for (int i = 0; i < count; i++) {
        PGresult *result = PQexec(pg, "BEGIN; SELECT pg_current_xact_id()");
        assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
        xid = atoll(PQgetvalue(result, 0, 0));
        PQclear(result);
        PQclear(PQexec(pg, "ROLLBACK"));
    }
    PQfinish(pg);
    return xid;
}

/* The shell is the backend's child. The server ends everybody else's session before it recovers. */
static void kill_a_backend(void)
{
    PGconn *witness = pg_fixture_connect(NULL), *killed = pg_fixture_connect(NULL);
    PQclear(PQexec(killed, "COPY (SELECT) TO PROGRAM 'kill -9 $PPID'"));
    assert_int_equal(PQstatus(killed), CONNECTION_BAD);
    while (PQstatus(witness) == CONNECTION_OK)
        PQclear(PQexec(witness, "SELECT"));
    PQfinish(killed);
    PQfinish(witness);
    while (PQping(pg_fixture_owner(NULL)) != PQPING_OK)
        (void)usleep(10000);
}

/* Asynchronous flushes come late, so that the aborted transactions' records are surely lost. */
static void flush_late(bool late)
{
    (void)pg_fixture_sql(late ? "ALTER SYSTEM SET wal_writer_delay = '10s'" : "ALTER SYSTEM RESET wal_writer_delay");
    (void)pg_fixture_sql("SELECT pg_reload_conf()");
    while (strcmp(pg_fixture_sql("SHOW wal_writer_delay"), "10s") == 0 ? !late : late)
        (void)usleep(1000);
}

/* Everything was read up to numbers that the server, recovered, hands out once more: what is written under them is read, too. */
static void events_of_numbers_handed_out_again(const char *redis_url)
{
    char started[64];
    bus_fixture_start(redis_url);
    struct work w = pg_fixture_work();
    (void)snprintf(started, sizeof started, "%s", pg_fixture_sql("SELECT pg_postmaster_start_time()"));
    flush_late(true);
    bus_fixture_emit("good.thing", 1, "before");
    assert_true(bus_catch_up(&w, NULL, NULL));
    long long last = abort_transactions(100);
    assert_true(bus_catch_up(&w, NULL, NULL));
    kill_a_backend();
    bus_fixture_emit("good.thing", 1, "after");   /* nobody has looked in between: the loop's thread is this one */
    bus_fixture_emit("good.thing", 2, "and another");
    assert_true(atoll(pg_fixture_sql("SELECT max(xid::text::bigint) FROM outbox")) < last);
    assert_string_equal(pg_fixture_sql("SELECT pg_postmaster_start_time()"), started);
    (void)abort_transactions(200);   /* the server has got further than it was before */
    flush_late(false);
    bus_fixture_await(3);
    assert_string_equal(bus_fixture_effects(), "before,after,and another");
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(numbers_handed_out_again_hide_no_event_from_who_asks)
{
    events_of_numbers_handed_out_again(NULL);
}

CO_TEST(numbers_handed_out_again_hide_no_event_from_who_is_told)
{
    assert_non_null(getenv("CUOTAS_TEST_REDIS"));
    events_of_numbers_handed_out_again(getenv("CUOTAS_TEST_REDIS"));
}

static long long current_epoch(void)
{
    return atoll(pg_fixture_sql("SELECT epoch FROM event_epoch"));
}

/* It would be out of order to begin one each. */
static void writers_who_meet_after_a_recovery_begin_one_epoch(void **state)
{
    (void)state;
    char sql[128];
    bus_fixture_prepare();
    bus_fixture_emit("good.thing", 1, "before");
    long long before = current_epoch();
    kill_a_backend();
    PGconn *first = pg_fixture_connect(NULL), *second = pg_fixture_connect(NULL);
    PQclear(PQexec(first, "BEGIN"));
    bus_fixture_emit_on(first, "good.thing", 1, "first");
    assert_int_equal(PQsendQuery(second, "INSERT INTO outbox (type, subject, data, occurred_at) VALUES ('good.thing', 'second', '{}', '2026-11-22')"), 1);
    (void)snprintf(sql, sizeof sql, "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %d", PQbackendPID(second));
    while (strcmp(pg_fixture_sql(sql), "t") != 0)
        (void)usleep(1000);
    PQclear(PQexec(first, "COMMIT"));
    PGresult *result = PQgetResult(second);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(first);
    PQfinish(second);
    assert_string_equal(pg_fixture_sql("SELECT string_agg(subject, ',' ORDER BY subject) FROM outbox WHERE epoch = (SELECT epoch FROM event_epoch)"), "first,second");
    assert_true(current_epoch() > before);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(killed_services_lose_and_repeat_nothing),
                                        cmocka_unit_test(numbers_handed_out_again_hide_no_event_from_who_asks),
                                        cmocka_unit_test(numbers_handed_out_again_hide_no_event_from_who_is_told),
                                        cmocka_unit_test(writers_who_meet_after_a_recovery_begin_one_epoch) };
    return cmocka_run_group_tests(tests, pg_fixture_setup, pg_fixture_teardown);
}
