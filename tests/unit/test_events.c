/* Events from outbox to effect, over a real PostgreSQL and real HTTP: in order, none passed over, each once, whatever is killed, and
 * poison out of the way. With Redis: test_events_redis.c. */
#include "bus_fixture.h"
#include "check.h"
#include "pg_fixture.h"
#include "run_co.h"

#include "bus/events.h"
#include "gen/problems.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

#define FROM_START "/internal/events?cursors=0:0:0:0,1:0:0:0,2:0:0:0"

/* Subjects of the events in a body, in order, joined by ','. */
static struct slice subjects(struct arena *arena, struct slice body)
{
    struct json_walk walk = json_walk(body);
    struct slice name, event, out = SLICE("");
    while (json_walk_next(&walk, &name, &event)) {
        struct slice subject = json_walk_text(arena, json_walk_member(event, "subject"));
        out = arena_printf(arena, "%.*s%s%.*s", SLICE_FMT(out), out.size ? "," : "", SLICE_FMT(subject));
    }
    return out;
}

static void begin(PGconn *pg)
{
    PQclear(PQexec(pg, "BEGIN"));
}

static void commit(PGconn *pg)
{
    PGresult *result = PQexec(pg, "COMMIT");
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
}

CO_TEST(events_are_served_as_cloudevents_after_a_cursor)
{
    struct slice body;
    bus_fixture_start(NULL);
    struct work w = pg_fixture_work();
    bus_fixture_emit("good.thing", 1, "a");
    bus_fixture_emit("other.thing", 1, "b");
    bus_fixture_emit("good.thing", 2, "c");
    assert_int_equal(bus_fixture_call(&w, "GET", FROM_START, &body), 200);
    assert_slice(bus_fixture_header("content-type"), "application/cloudevents-batch+json");
    assert_slice(bus_fixture_header("cuotas-held"), "false");
    assert_slice(subjects(w.arena, body), "a,b,c");   /* in the order of their commits */

    struct json_walk walk = json_walk(body);
    struct slice name, event, lane, epoch, xid, sequence;
    assert_true(json_walk_next(&walk, &name, &event));
    assert_slice(json_walk_member(event, "specversion"), "\"1.0\"");
    assert_slice(json_walk_member(event, "type"), "\"good.thing\"");
    assert_slice(json_walk_member(event, "traceparent"), "\"a trace\"");
    assert_slice(json_walk_text(w.arena, json_walk_member(event, "time")), "2031-02-03T04:05:06.789+00:00");
    assert_slice(json_walk_member(json_walk_member(event, "data"), "n"), "9007199254740993");
    assert_true(slice_starts_with(json_walk_text(w.arena, json_walk_member(event, "source")), SLICE("/cuotas/self")));
    lane = json_walk_member(event, "lane");
    epoch = json_walk_text(w.arena, json_walk_member(event, "epoch"));
    xid = json_walk_text(w.arena, json_walk_member(event, "xid"));
    sequence = json_walk_text(w.arena, json_walk_member(event, "sequence"));
    assert_slice(lane, "1");
    struct slice after = arena_printf(w.arena, "/internal/events?cursors=%.*s:%.*s:%.*s:%.*s&limit=1", SLICE_FMT(lane), SLICE_FMT(epoch),
                                      SLICE_FMT(xid), SLICE_FMT(sequence));
    assert_int_equal(bus_fixture_call(&w, "GET", after.data, &body), 200);
    assert_slice(subjects(w.arena, body), "b");

    static const char *const wrong[] = { "", "?cursors=", "?cursors=16:0:0:0", "?cursors=1:0:0", "?cursors=1:0:0:0:0", "?cursors=1:0:0:-1",
                                         "?cursors=1:0:0:x", "?cursors=1:0:0:0,", "?cursors=1:0:0:0&limit=0", "?cursors=1:0:0:0&limit=257" };
    for (size_t i = 0; i < TABLE_COUNT(wrong); i++)
        assert_int_equal(bus_fixture_call(&w, "GET", arena_printf(w.arena, "/internal/events%s", wrong[i]).data, &body), 400);
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(an_event_reaches_its_statement_whole_and_once)
{
    bus_fixture_start(NULL);
    for (int i = 0; i < 300; i++) {
        char subject[16];
        (void)snprintf(subject, sizeof subject, "%d", i);
        bus_fixture_emit(i % 10 == 9 ? "other.thing" : "good.thing", i % 16, subject);
    }
    struct work w = pg_fixture_work();
    int64_t applied = -1;
    assert_true(bus_catch_up(&w, bus_fixture_name(), &applied));
    assert_string_equal(pg_fixture_sql("SELECT count(*) || ' ' || count(DISTINCT event_id) FROM effect"), "270 270");
    assert_true(bus_catch_up(&w, NULL, &applied));
    assert_int_equal(applied, 0);
    assert_string_equal(pg_fixture_sql("SELECT count(*) FROM effect e JOIN outbox o USING (event_id, type, subject, customer_id, data, "
                                       "occurred_at, trace)"), "270");
    /* In order within a customer. */
    assert_string_equal(pg_fixture_sql("SELECT bool_and(subject::int > before) FROM (SELECT subject, lag(subject::int, 1, -1) OVER "
                                       "(PARTITION BY customer_id ORDER BY id) AS before FROM effect) AS e"), "t");
    assert_string_equal(pg_fixture_sql("SELECT count(*) FROM event_cursor WHERE id > 0"), "16");
    arena_free(w.arena);
    bus_fixture_stop();
}

struct catch_up {
    bool ended, ok;
};

static void catch_up_main(void *arg)
{
    struct catch_up *catch_up = arg;
    struct work w = pg_fixture_work();
    catch_up->ok = bus_catch_up(&w, NULL, NULL);
    catch_up->ended = true;
    arena_free(w.arena);
}

CO_TEST(a_late_commit_is_never_passed_over)
{
    struct slice body;
    bus_fixture_start(NULL);
    struct work w = pg_fixture_work();
    PGconn *early = pg_fixture_connect(NULL), *late = pg_fixture_connect(NULL);
    begin(late);
    bus_fixture_emit_on(late, "good.thing", 1, "late");   /* the lower transaction number */
    begin(early);
    bus_fixture_emit_on(early, "good.thing", 1, "early");
    commit(early);
    assert_int_equal(bus_fixture_call(&w, "GET", FROM_START, &body), 200);
    assert_slice(body, "[]");
    assert_slice(bus_fixture_header("cuotas-held"), "true");

    /* "early" was committed before this, so it has to wait for "late" to end. */
    struct catch_up catch_up = { false, false };
    assert_int_equal(co_spawn(catch_up_main, &catch_up), RESULT_OK);
    for (int i = 0; i < 20; i++)
        co_sleep_us(2000);
    assert_false(catch_up.ended);
    commit(late);
    while (!catch_up.ended)
        co_sleep_us(1000);
    assert_true(catch_up.ok);
    assert_string_equal(bus_fixture_effects(), "late,early");

    /* One that rolls back holds up no longer than it lasts; one that committed nothing yet holds nobody up. */
    begin(late);
    bus_fixture_emit_on(late, "good.thing", 1, "never");
    assert_true(bus_catch_up(&w, NULL, NULL));
    bus_fixture_emit("good.thing", 1, "third");
    PQfinish(late);
    bus_fixture_await(3);
    assert_string_equal(bus_fixture_effects(), "late,early,third");
    PQfinish(early);
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(catching_up_ends_with_the_requests_deadline)
{
    bus_fixture_start(NULL);
    struct work w = pg_fixture_work();
    PGconn *late = pg_fixture_connect(NULL);
    begin(late);
    bus_fixture_emit_on(late, "good.thing", 1, "late");
    bus_fixture_emit("good.thing", 2, "early");
    w.deadline_us = clock_monotonic_us() + 100000;
    assert_false(bus_catch_up(&w, NULL, NULL));
    assert_ptr_equal(w.failure.problem, &PROBLEM_unavailable);
    commit(late);
    PQfinish(late);
    bus_fixture_await(2);
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(poison_waits_in_its_lane_and_is_parked)
{
    struct slice body;
    bus_fixture_start(NULL);
    struct work w = pg_fixture_work();
    (void)pg_fixture_sql("INSERT INTO broken VALUES (1)");
    PGconn *pg = pg_fixture_connect(NULL);
    begin(pg);
    bus_fixture_emit_on(pg, "good.thing", 3, "before");
    bus_fixture_emit_on(pg, "bad.thing", 3, "poison");
    bus_fixture_emit_on(pg, "good.thing", 3, "behind");
    bus_fixture_emit_on(pg, "good.thing", 4, "elsewhere");
    commit(pg);
    PQfinish(pg);
    bus_fixture_await(2);
    assert_string_equal(bus_fixture_effects(), "before,elsewhere");
    assert_true(bus_catch_up(&w, NULL, NULL));   /* waits until it is known what becomes of the poison */
    assert_string_equal(bus_fixture_effects(), "before,elsewhere,behind");
    assert_int_equal(bus_stats().parked, 1);
    assert_int_equal(bus_stats().dead_letters, 1);
    assert_string_equal(pg_fixture_sql("SELECT type || ' ' || error || ' ' || attempts FROM dead_letter"),
                        "bad.thing conflict: it is broken 5");

    assert_int_equal(bus_fixture_call(&w, "GET", "/internal/dead-letters", &body), 200);
    struct slice letters = json_walk_member(body, "data"), name, letter;
    struct json_walk walk = json_walk(letters);
    assert_true(json_walk_next(&walk, &name, &letter));
    assert_slice(json_walk_member(json_walk_member(letter, "content"), "subject"), "\"poison\"");
    struct slice id = json_walk_text(w.arena, json_walk_member(letter, "id"));
    struct slice retry = arena_printf(w.arena, "/internal/dead-letters/%.*s/retry", SLICE_FMT(id));

    assert_int_equal(bus_fixture_call(&w, "POST", retry.data, &body), 409);
    assert_string_equal(pg_fixture_sql("SELECT attempts FROM dead_letter"), "6");
    (void)pg_fixture_sql("TRUNCATE broken");
    assert_int_equal(bus_fixture_call(&w, "POST", retry.data, &body), 200);
    assert_string_equal(bus_fixture_effects(), "before,elsewhere,behind,poison");
    assert_int_equal(bus_fixture_call(&w, "POST", retry.data, &body), 404);
    assert_int_equal(bus_fixture_call(&w, "POST", "/internal/dead-letters/nonsense/retry", &body), 404);
    assert_int_equal(bus_stats().dead_letters, 0);
    assert_string_equal(bus_fixture_effects(), "before,elsewhere,behind,poison");
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(poison_that_recovers_is_not_parked)
{
    bus_fixture_start(NULL);
    (void)pg_fixture_sql("INSERT INTO broken VALUES (1)");
    bus_fixture_emit("bad.thing", 3, "poison");
    bus_fixture_emit("good.thing", 3, "behind");
    struct work w = pg_fixture_work();
    w.deadline_us = clock_monotonic_us() + 100000;
    assert_false(bus_catch_up(&w, NULL, NULL));   /* not "nothing is there": it may be, in a moment */
    assert_ptr_equal(w.failure.problem, &PROBLEM_unavailable);
    assert_string_equal(bus_fixture_effects(), "");
    (void)pg_fixture_sql("TRUNCATE broken");
    w.failure = (struct failure){ 0 };
    w.deadline_us = clock_monotonic_us() + 10 * INT64_C(1000000);
    assert_true(bus_catch_up(&w, NULL, NULL));
    assert_string_equal(bus_fixture_effects(), "poison,behind");
    assert_int_equal(bus_stats().parked, 0);
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(dead_jobs_are_listed_and_revived)
{
    struct slice body;
    bus_fixture_start(NULL);
    struct work w = pg_fixture_work();
    (void)pg_fixture_sql("INSERT INTO job (kind, key, run_at, state, attempts, last_error) VALUES ('k', 'x', '2026-01-01', 'dead', 9, 'no')");
    assert_int_equal(bus_fixture_call(&w, "GET", "/internal/dead-letters", &body), 200);
    assert_non_null(memmem(body.data, body.size, "\"kind\" : \"job\"", 14));
    char target[64];
    (void)snprintf(target, sizeof target, "/internal/dead-letters/job-%s/retry", pg_fixture_sql("SELECT id FROM job"));
    assert_int_equal(bus_fixture_call(&w, "POST", target, &body), 200);
    assert_string_equal(pg_fixture_sql("SELECT state || attempts FROM job"), "ready1");
    assert_int_equal(bus_fixture_call(&w, "POST", target, &body), 404);
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(what_another_process_applied_is_not_applied_again)
{
    bus_fixture_start(NULL);
    struct work w = pg_fixture_work();
    bus_fixture_emit("good.thing", 5, "first");
    assert_true(bus_catch_up(&w, NULL, NULL));
    /* The other process applies the second: its effect and its cursor, in one transaction. */
    bus_fixture_emit("good.thing", 5, "second");
    (void)pg_fixture_sql("BEGIN; INSERT INTO effect (subject) VALUES ('second'); UPDATE event_cursor c SET xid = o.xid, id = o.id "
                         "FROM outbox o WHERE o.subject = 'second' AND c.lane = 5; COMMIT");
    bus_fixture_emit("good.thing", 5, "third");
    assert_true(bus_catch_up(&w, NULL, NULL));
    assert_string_equal(bus_fixture_effects(), "first,second,third");
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(a_backend_killed_while_it_applies_leaves_all_or_nothing)
{
    bus_fixture_start(NULL);
    struct work w = pg_fixture_work();
    PGconn *gate = pg_fixture_connect(NULL);
    PQclear(PQexec(gate, "SELECT pg_advisory_lock(42)"));
    PGconn *pg = pg_fixture_connect(NULL);
    begin(pg);
    bus_fixture_emit_on(pg, "good.thing", 6, "one");
    bus_fixture_emit_on(pg, "slow.thing", 6, "two");
    bus_fixture_emit_on(pg, "good.thing", 7, "three");
    commit(pg);
    PQfinish(pg);
    while (strcmp(pg_fixture_sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"), "1") != 0)
        co_sleep_us(2000);
    (void)pg_fixture_sql("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    PQfinish(gate);
    bus_fixture_await(3);
    assert_true(bus_catch_up(&w, NULL, NULL));
    assert_string_equal(pg_fixture_sql("SELECT string_agg(subject, ',' ORDER BY subject) FROM effect"), "one,three,two");
    assert_int_equal(bus_stats().parked, 0);
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(a_database_set_back_begins_a_new_epoch)
{
    bus_fixture_start(NULL);
    struct work w = pg_fixture_work();
    bus_fixture_emit("good.thing", 1, "before");
    assert_true(bus_catch_up(&w, NULL, NULL));
    char before[32];
    (void)snprintf(before, sizeof before, "%s", pg_fixture_sql("SELECT epoch FROM event_epoch"));

    /* Restored, or promoted: it runs under another postmaster than the one it remembers. */
    (void)pg_fixture_sql("UPDATE event_epoch SET started_at = '2020-01-01', system_identifier = 1");
    bus_fixture_emit("good.thing", 1, "restored");
    assert_string_equal(pg_fixture_sql("SELECT epoch = max FROM event_epoch, (SELECT max(epoch) FROM outbox) AS o"), "t");
    assert_string_equal(pg_fixture_sql("SELECT started_at = pg_postmaster_start_time() AND system_identifier <> 1 FROM event_epoch"), "t");
    assert_true(atoll(pg_fixture_sql("SELECT epoch FROM event_epoch")) > atoll(before));
    assert_true(bus_catch_up(&w, NULL, NULL));
    assert_string_equal(bus_fixture_effects(), "before,restored");
    arena_free(w.arena);
    bus_fixture_stop();
}

/* A migration is no new life: writers of the one that was begun may be at work. */
CO_TEST(a_migration_begins_no_epoch)
{
    char before[32];
    pg_fixture_add("fresh");
    (void)snprintf(before, sizeof before, "%s", pg_fixture_sql_in("fresh", "SELECT epoch FROM event_epoch"));
    (void)pg_fixture_sql_in("fresh", "INSERT INTO outbox (type, subject, data, occurred_at) VALUES ('good.thing', 'x', '{}', '2026-11-22')");
    assert_string_equal(pg_fixture_sql_in("fresh", "SELECT epoch FROM outbox"), before);
}

CO_TEST(a_consumer_that_is_ahead_is_heard)
{
    bus_fixture_prepare();
    char sql[256];
    (void)snprintf(sql, sizeof sql, "INSERT INTO event_cursor SELECT '%s', n, (SELECT epoch + 5 FROM event_epoch), '99999999999', 99999999999 "
                   "FROM generate_series(0, 15) AS n", bus_fixture_name());
    (void)pg_fixture_sql(sql);
    long long before = atoll(pg_fixture_sql("SELECT epoch FROM event_epoch"));
    bus_fixture_serve(NULL);
    struct work w = pg_fixture_work();
    assert_true(bus_catch_up(&w, NULL, NULL));
    assert_true(atoll(pg_fixture_sql("SELECT epoch FROM event_epoch")) > before + 5);
    bus_fixture_emit("good.thing", 1, "seen");
    assert_true(bus_catch_up(&w, NULL, NULL));
    assert_string_equal(bus_fixture_effects(), "seen");
    /* Once: the next cursors are behind it again. */
    long long after = atoll(pg_fixture_sql("SELECT epoch FROM event_epoch"));
    bus_fixture_emit("good.thing", 2, "seen too");
    assert_true(bus_catch_up(&w, NULL, NULL));
    assert_string_equal(bus_fixture_effects(), "seen,seen too");
    assert_true(atoll(pg_fixture_sql("SELECT epoch FROM event_epoch")) == after);
    arena_free(w.arena);
    bus_fixture_stop();
}

static int64_t lag(void)
{
    const char *producer = NULL;
    int64_t seconds = -1;
    assert_true(bus_lag(0, &producer, &seconds));
    assert_string_equal(producer, bus_fixture_name());
    assert_false(bus_lag(1, &producer, &seconds));
    return seconds;
}

static void await_lag(int64_t least, int64_t most)
{
    for (int64_t until_us = TEST_DEADLINE_US; lag() < least || lag() > most; co_sleep_us(10000))
        if (clock_monotonic_us() > until_us)
            fail_msg("the lag is %lld, not %lld to %lld", (long long)lag(), (long long)least, (long long)most);
}

/* What an autoscaler, or an alarm, goes by. */
CO_TEST(how_far_behind_is_known)
{
    bus_fixture_start(NULL);
    bus_fixture_emit("good.thing", 1, "a");
    bus_fixture_await(1);
    await_lag(0, 0);
    (void)pg_fixture_sql("INSERT INTO broken VALUES (1)");
    bus_fixture_emit("bad.thing", 2, "b");
    await_lag(2, 20);   /* while it is tried again */
    (void)pg_fixture_sql("TRUNCATE broken");
    await_lag(0, 0);
    bus_fixture_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_served_as_cloudevents_after_a_cursor),
        cmocka_unit_test(an_event_reaches_its_statement_whole_and_once),
        cmocka_unit_test(a_late_commit_is_never_passed_over),
        cmocka_unit_test(catching_up_ends_with_the_requests_deadline),
        cmocka_unit_test(poison_waits_in_its_lane_and_is_parked),
        cmocka_unit_test(poison_that_recovers_is_not_parked),
        cmocka_unit_test(dead_jobs_are_listed_and_revived),
        cmocka_unit_test(what_another_process_applied_is_not_applied_again),
        cmocka_unit_test(a_backend_killed_while_it_applies_leaves_all_or_nothing),
        cmocka_unit_test(a_database_set_back_begins_a_new_epoch),
        cmocka_unit_test(a_migration_begins_no_epoch),
        cmocka_unit_test(a_consumer_that_is_ahead_is_heard),
        cmocka_unit_test(how_far_behind_is_known),
    };
    return cmocka_run_group_tests(tests, pg_fixture_setup, pg_fixture_teardown);
}
