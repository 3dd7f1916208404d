/* Jobs against a real PostgreSQL: due by the logical clock, once at a time under a lease, retried with backoff, buried at last. */
#include "pg_fixture.h"
#include "run_co.h"

#include "base/date.h"
#include "base/limits.h"
#include "bus/job.h"
#include "gen/common/sql.h"
#include "gen/problems.h"

#include <stdio.h>
#include <stdlib.h>

static const struct statement st_add = {
    .name = "add_job", .parameter_count = 4, .pool = POOL_WRITE, .adds_jobs = true,
    .text = "INSERT INTO job (kind, key, run_at, payload, trace) SELECT $1, $2, $3::timestamptz + make_interval(secs => $4::int), "
            "jsonb_build_object('text', 'caf' || chr(233) || '\"', 'number', 9007199254740993, 'key', $2), "
            "'00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' ON CONFLICT (key) DO NOTHING",
    .autofill = { -1, -1, -1, -1, -1, -1, -1, -1 } };
static const struct statement *const statements[] = { &st_add, &sql_jobs_turn, &sql_jobs_renew, &sql_jobs_retry, &sql_jobs_later, &sql_jobs_bury,
                                                      &sql_jobs_revive, &sql_jobs_count, &sql_jobs_give_back, NULL };

static struct {
    int runs, running, most, attempt, release;
    bool payload_right, trace_right, hold;
    enum job_outcome outcome;
    char last_key[64];
} seen;

static void remember(struct work *w, const struct job *job)
{
    seen.runs++;
    seen.attempt = job->attempt;
    (void)snprintf(seen.last_key, sizeof seen.last_key, "%.*s", SLICE_FMT(job->key));
    seen.payload_right = slice_equals_text(job_text(w, job, "text"), "caf\xc3\xa9\"") &&
                         job_int(w, job, "number") == INT64_C(9007199254740993) && slice_equals(job_text(w, job, "key"), job->key) &&
                         slice_is_none(job_text(w, job, "number")) && slice_is_none(job_text(w, job, "absent")) &&
                         job_int(w, job, "text") == 0;
    seen.trace_right = slice_equals_text(w->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736") && slice_is_none(work_owner(w)) &&
                       w->deadline_us > clock_monotonic_us() && llabs(job->run_at_us - clock_logical_us()) < 60 * 1000000;
}

SUSPENDS static enum job_outcome job_plain(struct work *w, const struct job *job)
{
    seen.running++;
    if (seen.running > seen.most)
        seen.most = seen.running;
    remember(w, job);
    if (seen.outcome != JOB_DONE) {
        work_fail(w, &PROBLEM_conflict, "not today");
        w->failure.retry_after_s = 300;   /* longer than the test: a retry comes when the clock is moved */
    }
    co_sleep_us(1000);
    while (seen.hold)
        co_sleep_us(1000);
    seen.running--;
    return seen.outcome;
}

SUSPENDS static enum job_outcome job_quick(struct work *w, const struct job *job)
{
    (void)w, (void)job;
    return JOB_DONE;
}

static const struct job_kind kinds[] = { { .kind = "plain", .run = job_plain, .attempts_max = 3, .timeout_s = 20 },
                                         { .kind = "other", .run = job_plain, .attempts_max = 1, .timeout_s = 20 },
                                         { .kind = "quick", .run = job_quick, .attempts_max = 1, .timeout_s = 20 },
                                         { .kind = NULL } };
static const struct job_kind later_kinds[] = { { .kind = "plain", .run = job_plain, .attempts_max = 3, .timeout_s = 20 },
                                               { .kind = "new", .run = job_plain, .attempts_max = 3, .timeout_s = 20 },
                                               { .kind = NULL } };

static void start_with(const struct job_kind *known)
{
    const struct db_config config = { .conninfo = pg_fixture_app(NULL), .read_connections = 1, .write_connections = 2,
                                      .slow_connections = 1, .statements = statements, .on_jobs = jobs_wake };
    (void)pg_fixture_sql("TRUNCATE job");
    memset(&seen, 0, sizeof seen);
    assert_int_equal(db_open(&config, TEST_DEADLINE_US), RESULT_OK);
    jobs_start(known);
}

static void start(void)
{
    start_with(kinds);
}

static void stop(void)
{
    jobs_drain(TEST_DEADLINE_US);
    assert_int_equal(seen.running, 0);
    db_close();
}

static void add(const char *kind, const char *key, int in_s)
{
    struct work w = pg_fixture_work();
    char now[28];
    time_format(clock_logical_us(), now);
    assert_true(db_run(&w, &st_add, (const struct slice[]){ slice_from_text(kind), slice_from_text(key), slice_from_text(now),
                                                            work_int(&w, in_s) }));
    arena_free(w.arena);
}

static void await_sql(const char *sql, const char *value)
{
    for (int i = 0; strcmp(pg_fixture_sql(sql), value) != 0; i++) {
        assert_true(i < 4000);
        co_sleep_us(5000);
    }
}

static struct job_stats stats(void)
{
    struct work w = pg_fixture_work();
    struct job_stats out;
    assert_true(jobs_stats(&w, &out));
    arena_free(w.arena);
    return out;
}

static void advance(int64_t seconds)
{
    clock_set_offset_s(clock_offset_s() + seconds);
    jobs_wake();
}

CO_TEST(a_due_job_runs_once_and_is_gone)
{
    start();
    add("plain", "a", 60);   /* not due yet: else the first may have run before the second comes */
    add("plain", "a", 60);
    advance(60);
    await_sql("SELECT count(*) FROM job", "0");
    assert_int_equal(seen.runs, 1);
    assert_int_equal(seen.attempt, 1);
    assert_true(seen.payload_right);
    assert_true(seen.trace_right);
    assert_int_equal(stats().done, 1);
    stop();
}

CO_TEST(a_job_waits_for_its_logical_time)
{
    start();
    add("plain", "later", 86400);
    add("plain", "soon", 0);
    await_sql("SELECT count(*) FROM job", "1");
    assert_string_equal(seen.last_key, "soon");
    struct job_stats now = stats();
    assert_true(now.due == 0 && now.dead == 0 && now.oldest_due_s == 0);
    advance(86400);
    await_sql("SELECT count(*) FROM job", "0");
    assert_string_equal(seen.last_key, "later");
    stop();
}

CO_TEST(a_job_that_becomes_due_while_nothing_happens_runs_then)
{
    start();
    add("plain", "soon", 1);
    await_sql("SELECT count(*) FROM job", "0");
    assert_int_equal(seen.runs, 1);
    stop();
}

CO_TEST(retries_back_off_and_end)
{
    start();
    seen.outcome = JOB_RETRY;
    add("plain", "r", 0);
    for (int attempt = 1; attempt < 3; attempt++) {
        char sql[128];
        (void)snprintf(sql, sizeof sql, "SELECT attempts = %d AND lease_until IS NULL FROM job", attempt);
        await_sql(sql, "t");
        assert_int_equal(seen.attempt, attempt);
        assert_string_equal(pg_fixture_sql("SELECT last_error FROM job"), "conflict: not today");
        assert_int_equal(stats().due, 0);
        advance(301);
    }
    await_sql("SELECT state FROM job", "dead");
    assert_int_equal(seen.runs, 3);
    struct job_stats end = stats();
    assert_true(end.retried == 2 && end.died == 1 && end.dead == 1 && end.due == 0);

    /* An operator has it tried again. */
    struct work w = pg_fixture_work();
    seen.outcome = JOB_DONE;
    struct slice id = slice_from_text(pg_fixture_sql("SELECT id FROM job"));
    assert_non_null(db_one(&w, SQL(jobs_revive, .id = id)));
    jobs_wake();
    await_sql("SELECT count(*) FROM job", "0");
    assert_int_equal(seen.attempt, 2);   /* it may have acted outside before: never taken for a first try */
    arena_free(w.arena);
    stop();
}

/* However often it was not its turn: it can still be tried as often as any, and its first try is the first. */
CO_TEST(a_job_that_waits_for_its_turn_uses_up_no_attempt)
{
    start();
    seen.outcome = JOB_LATER;
    add("plain", "l", 0);
    for (int run = 1; run <= 5; run++) {
        while (seen.runs < run)
            co_sleep_us(1000);
        await_sql("SELECT attempts = 0 AND lease_until IS NULL AND state = 'ready' FROM job", "t");
        assert_int_equal(stats().due, 0);
        advance(60);
    }
    seen.outcome = JOB_DONE;
    await_sql("SELECT count(*) FROM job", "0");
    assert_int_equal(seen.attempt, 1);
    assert_true(stats().retried == 0 && stats().died == 0);
    stop();
}

CO_TEST(a_job_that_cannot_succeed_is_buried_at_once)
{
    start();
    seen.outcome = JOB_DEAD;
    add("plain", "d", 0);
    await_sql("SELECT state FROM job", "dead");
    assert_int_equal(seen.runs, 1);
    stop();
}

CO_TEST(the_job_of_a_dead_process_runs_after_its_lease)
{
    start();
    seen.hold = true;   /* jobs stay in their handler until told */
    (void)pg_fixture_sql("INSERT INTO job (kind, key, run_at, attempts, lease_until) VALUES "
                         "('plain', 'expired', '2000-01-01', 1, clock_timestamp() - interval '1 second'),"
                         "('plain', 'leased', '2000-01-01', 1, clock_timestamp() + interval '1 hour'),"
                         "('plain', 'worn out', '2000-01-01', 3, clock_timestamp() - interval '1 second'),"
                         "('unknown', 'not ours', '2000-01-01', 0, NULL)");
    jobs_wake();
    while (seen.runs < 1)
        co_sleep_us(1000);
    assert_string_equal(seen.last_key, "expired");
    assert_int_equal(seen.attempt, 2);
    await_sql("SELECT state FROM job WHERE key = 'worn out'", "dead");
    assert_string_equal(pg_fixture_sql("SELECT lease_until - clock_timestamp() BETWEEN '0 s' AND '8 s' FROM job WHERE key = 'expired'"), "t");
    /* Another process has claimed it since: this run's end is none of its business. */
    (void)pg_fixture_sql("UPDATE job SET attempts = 3 WHERE key = 'expired'");
    seen.hold = false;
    while (stats().done < 1)
        co_sleep_us(1000);
    assert_string_equal(pg_fixture_sql("SELECT string_agg(key, ',' ORDER BY key) FROM job"), "expired,leased,not ours,worn out");
    assert_int_equal(seen.runs, 1);
    stop();
}

/* While versions change: what only the new one knows waits for it, however much of it there is and however long it was due, and is in nobody's way. The truncation of a start
 * would lose it, so both versions are one after the other what runs here. */
CO_TEST(kinds_of_another_version_are_left_alone)
{
    start();
    (void)pg_fixture_sql("INSERT INTO job (kind, key, run_at) SELECT 'new', 'new ' || n, '2000-01-01' FROM generate_series(1, 200) AS n");
    add("plain", "plain", 0);
    await_sql("SELECT count(*) FROM job WHERE kind = 'plain'", "0");
    assert_int_equal(seen.runs, 1);
    assert_string_equal(pg_fixture_sql("SELECT count(*) FROM job WHERE kind = 'new' AND state = 'ready' AND attempts = 0 AND lease_until IS NULL"), "200");
    jobs_drain(TEST_DEADLINE_US);
    jobs_start(later_kinds);
    await_sql("SELECT count(*) FROM job", "0");
    assert_int_equal(seen.runs, 201);
    stop();
}

CO_TEST(a_job_that_takes_long_keeps_its_lease_and_no_other)
{
    char first[64], sql[160];
    start();
    seen.hold = true;
    (void)pg_fixture_sql("INSERT INTO job (kind, key, run_at) VALUES ('plain', 'long', '2000-01-01'), ('plain', 'lost', '2000-01-01')");
    jobs_wake();
    while (seen.runs < 2)
        co_sleep_us(1000);
    /* Another process has claimed one of them since. */
    (void)pg_fixture_sql("UPDATE job SET attempts = 7, lease_until = '2100-01-01' WHERE key = 'lost'");
    (void)snprintf(first, sizeof first, "%s", pg_fixture_sql("SELECT lease_until FROM job WHERE key = 'long'"));
    (void)snprintf(sql, sizeof sql, "SELECT lease_until > '%s' FROM job WHERE key = 'long'", first);
    await_sql(sql, "t");
    assert_string_equal(pg_fixture_sql("SELECT lease_until = '2100-01-01' FROM job WHERE key = 'lost'"), "t");
    seen.hold = false;
    await_sql("SELECT string_agg(key, ',') FROM job", "lost");
    stop();
}

/* Done, but the database does not let its row end (nor answers soon): it stays ours until it does, and does not run twice. */
CO_TEST(a_job_that_is_done_keeps_its_lease_until_its_row_has_gone)
{
    char first[64], sql[160];
    (void)pg_fixture_sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(2.5); RAISE 'not now'; END$$");
    start();
    (void)pg_fixture_sql("CREATE TRIGGER refuse BEFORE DELETE ON job FOR EACH ROW EXECUTE FUNCTION refuse()");
    add("quick", "done", 0);
    await_sql("SELECT count(*) FROM job WHERE attempts = 1", "1");
    (void)snprintf(first, sizeof first, "%s", pg_fixture_sql("SELECT lease_until FROM job"));
    (void)snprintf(sql, sizeof sql, "SELECT lease_until > '%s' FROM job", first);
    await_sql(sql, "t");
    assert_string_equal(pg_fixture_sql("SELECT attempts FROM job"), "1");
    assert_int_equal(stats().due, 1);
    assert_int_equal(stats().oldest_due_s, 0);
    (void)pg_fixture_sql("DROP TRIGGER refuse ON job; DROP FUNCTION refuse");
    await_sql("SELECT count(*) FROM job", "0");
    assert_int_equal(stats().done, 1);
    stop();
}

/* A backlog is counted up to a number, out of an index; what waits longest is known all the same. */
CO_TEST(a_backlog_is_counted_without_being_read)
{
    start();
    (void)pg_fixture_sql("INSERT INTO job (kind, key, run_at) SELECT 'unknown', 'k' || n, clock_timestamp() - make_interval(secs => n % 4000) "
                         "FROM generate_series(1, 12000) AS n; UPDATE job SET lease_until = '2100-01-01' WHERE key = 'k3999'");
    struct job_stats now = stats();
    assert_int_equal(now.due, JOBS_COUNTED_MAX);
    assert_in_range(now.oldest_due_s - clock_offset_s(), 3999, 4020);   /* k7999 is as old, and nobody's */
    (void)pg_fixture_sql("UPDATE job SET lease_until = '2100-01-01' WHERE key IN ('k7999', 'k11999', 'k3998', 'k7998')");
    assert_in_range(stats().oldest_due_s - clock_offset_s(), 3998, 4020);
    stop();
}

CO_TEST(a_row_locked_by_another_claimer_holds_nobody_up)
{
    start();
    PGconn *other = pg_fixture_connect(NULL);
    (void)pg_fixture_sql("INSERT INTO job (kind, key, run_at) VALUES ('plain', 'locked', '2000-01-01')");
    PQclear(PQexec(other, "BEGIN; SELECT * FROM job FOR UPDATE"));
    for (int i = 0; i < 100; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "k%d", i);
        add(i % 2 ? "plain" : "other", key, 0);
    }
    await_sql("SELECT count(*) FROM job", "1");
    assert_int_equal(seen.runs, 100);
    assert_true(seen.most <= JOBS_RUNNING_MAX);
    PQfinish(other);
    await_sql("SELECT count(*) FROM job", "0");
    stop();
}

CO_TEST(many_due_jobs_run_side_by_side_within_the_bound)
{
    start();
    (void)pg_fixture_sql("INSERT INTO job (kind, key, run_at) SELECT 'plain', 'k' || n, '2000-01-01' FROM generate_series(1, 300) AS n");
    jobs_wake();
    await_sql("SELECT count(*) FROM job", "0");
    assert_int_equal(seen.runs, 300);
    assert_int_equal(seen.most, JOBS_SHARED);
    stop();
}

/* A provider that hangs: its jobs take all the places they may have, and the jobs of another kind run as ever. */
CO_TEST(a_kind_that_is_stuck_leaves_places_for_the_others)
{
    start();
    seen.hold = true;
    (void)pg_fixture_sql("INSERT INTO job (kind, key, run_at) SELECT 'plain', 'k' || n, '2000-01-01' FROM generate_series(1, 100) AS n");
    jobs_wake();
    while (seen.running < JOBS_SHARED)
        co_sleep_us(1000);
    for (int i = 0; i < 50; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "q%d", i);
        add("quick", key, 0);
    }
    await_sql("SELECT count(*) FROM job WHERE kind = 'quick'", "0");
    assert_int_equal(seen.running, JOBS_SHARED);
    seen.hold = false;
    await_sql("SELECT count(*) FROM job", "0");
    assert_int_equal(seen.runs, 100);
    stop();
}

static void release(void *unused)
{
    (void)unused;
    co_sleep_us(50000);
    seen.hold = false;
}

CO_TEST(draining_waits_for_the_running_and_starts_nothing)
{
    start();
    seen.hold = true;
    add("plain", "running", 0);
    while (seen.running < 1)
        co_sleep_us(1000);
    assert_int_equal(co_spawn(release, NULL), RESULT_OK);
    jobs_drain(TEST_DEADLINE_US);
    assert_int_equal(seen.running, 0);
    assert_int_equal(seen.runs, 1);
    add("plain", "too late", 0);
    assert_string_equal(pg_fixture_sql("SELECT key FROM job"), "too late");
    stop();
}

/* A process that has to end before its jobs do: they are nobody's at once, but for one that is another's by now. */
CO_TEST(what_still_runs_at_the_end_is_given_back)
{
    start();
    seen.hold = true;
    (void)pg_fixture_sql("INSERT INTO job (kind, key, run_at) VALUES ('plain', 'ours', '2000-01-01'), ('plain', 'lost', '2000-01-01')");
    jobs_wake();
    while (seen.running < 2)
        co_sleep_us(1000);
    (void)pg_fixture_sql("UPDATE job SET attempts = 7, lease_until = '2100-01-01' WHERE key = 'lost'");
    jobs_drain(clock_monotonic_us() + 1000);
    assert_int_equal(seen.running, 2);
    jobs_give_back();
    assert_string_equal(pg_fixture_sql("SELECT string_agg(key, ',') FROM job WHERE lease_until IS NULL AND attempts = 1 AND state = 'ready'"), "ours");
    assert_string_equal(pg_fixture_sql("SELECT lease_until = '2100-01-01' FROM job WHERE key = 'lost'"), "t");
    seen.hold = false;
    while (seen.running > 0)
        co_sleep_us(1000);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_due_job_runs_once_and_is_gone),
        cmocka_unit_test(a_job_waits_for_its_logical_time),
        cmocka_unit_test(a_job_that_becomes_due_while_nothing_happens_runs_then),
        cmocka_unit_test(retries_back_off_and_end),
        cmocka_unit_test(a_job_that_waits_for_its_turn_uses_up_no_attempt),
        cmocka_unit_test(a_job_that_cannot_succeed_is_buried_at_once),
        cmocka_unit_test(the_job_of_a_dead_process_runs_after_its_lease),
        cmocka_unit_test(kinds_of_another_version_are_left_alone),
        cmocka_unit_test(a_job_that_takes_long_keeps_its_lease_and_no_other),
        cmocka_unit_test(a_job_that_is_done_keeps_its_lease_until_its_row_has_gone),
        cmocka_unit_test(a_backlog_is_counted_without_being_read),
        cmocka_unit_test(a_row_locked_by_another_claimer_holds_nobody_up),
        cmocka_unit_test(many_due_jobs_run_side_by_side_within_the_bound),
        cmocka_unit_test(a_kind_that_is_stuck_leaves_places_for_the_others),
        cmocka_unit_test(draining_waits_for_the_running_and_starts_nothing),
        cmocka_unit_test(what_still_runs_at_the_end_is_given_back),
    };
    return cmocka_run_group_tests(tests, pg_fixture_setup, pg_fixture_teardown);
}
