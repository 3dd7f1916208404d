/* A consuming service killed again and again (SIGKILL) while it works through a backlog: every event has its effect exactly once, and in
 * order. The service is a child process; the parent only counts. */
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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(killed_services_lose_and_repeat_nothing) };
    return cmocka_run_group_tests(tests, pg_fixture_setup, pg_fixture_teardown);
}
