/* Units of work against a real PostgreSQL: what they fill in, that each is one transaction, that pipelined ones do not touch
 * each other, that they outlive a waiter who gave up. Failures and lost connections: test_db_failures.c. */
#include "pg_fixture.h"
#include "run_co.h"

#include "base/limits.h"
#include "gen/problems.h"

#include <stdio.h>
#include <stdlib.h>

static const struct statement st_echo = {
    .name = "echo", .text = "SELECT $1::text AS a, $2::bigint AS b, $3::boolean AS c, NULL AS d", .parameter_count = 3,
    .pool = POOL_READ, .autofill = NO_AUTO };
static const struct statement st_put = {
    .name = "put", .text = "INSERT INTO thing (id, note) VALUES ($1::bigint, $2)", .parameter_count = 2, .pool = POOL_WRITE,
    .emits_events = true, .autofill = NO_AUTO };
static const struct statement st_put_slowly = {
    .name = "put_slowly", .text = "INSERT INTO thing (id) SELECT $1::bigint FROM pg_sleep($2::float8)", .parameter_count = 2,
    .pool = POOL_WRITE, .emits_events = true, .adds_jobs = true, .autofill = NO_AUTO };
static const struct statement st_change = {
    .name = "change", .text = "INSERT INTO thing SELECT n, CASE WHEN n % 2 = 0 THEN 'note ' || n END FROM generate_series($1::int, $2::int) AS n "
                              "RETURNING id, note AS changed", .parameter_count = 2, .pool = POOL_WRITE, .tells_changes = true, .autofill = NO_AUTO };
static const struct statement st_count = {
    .name = "count_things", .text = "SELECT count(*) AS n FROM thing", .pool = POOL_WRITE, .autofill = NO_AUTO };
static const struct statement st_none = {
    .name = "none", .text = "SELECT 1 AS n WHERE false", .pool = POOL_SLOW, .autofill = NO_AUTO };
static const struct statement st_auto = {
    .name = "fill", .parameter_count = 8, .pool = POOL_READ,
    .text = "SELECT $1::timestamptz AS now, $2::date AS today, $3::uuid AS owner, $4 AS trace, $5 AS op, $6 AS subject, $7 AS key, "
            "$8 AS hash, abs(extract(epoch FROM $1::timestamptz - clock_timestamp())) < 60 AS recent",
    .autofill = { .now = 0, .today = 1, .owner = 2, .trace = 3, .idem_operation = 4, .idem_subject = 5, .idem_key = 6, .idem_hash = 7 } };
static const struct statement st_long = {
    .name = "long", .text = "SELECT $1 || $1 AS twice, length($1) AS n", .parameter_count = 1, .pool = POOL_READ, .autofill = NO_AUTO };
static const struct statement st_read_only = {
    .name = "read_only", .text = "SELECT current_setting('transaction_read_only') AS ro, current_setting('statement_timeout') AS st, "
                                 "current_setting('TimeZone') AS tz, current_user AS who, current_setting('application_name') AS app",
    .pool = POOL_READ, .autofill = NO_AUTO };
static const struct statement *const statements[] = { &st_echo, &st_put, &st_put_slowly, &st_count, &st_none, &st_auto, &st_long,
                                                      &st_read_only, &st_change, NULL };

static int event_calls, job_calls;
static char changes[200];

static void on_events(void)
{
    event_calls++;
}

static void on_jobs(void)
{
    job_calls++;
}

static void on_change(struct slice changed)
{
    size_t size = strlen(changes);
    (void)snprintf(changes + size, sizeof changes - size, "%.*s;", SLICE_FMT(changed));
}

static void open_db(int read, int write)
{
    const struct db_config config = { .conninfo = pg_fixture_app(NULL), .read_connections = read, .write_connections = write,
                                      .slow_connections = 1, .statements = statements, .on_events = on_events, .on_jobs = on_jobs,
                                      .on_change = on_change };
    (void)pg_fixture_sql("DROP TABLE IF EXISTS thing; CREATE TABLE thing (id bigint PRIMARY KEY, note text)");
    event_calls = job_calls = 0;
    changes[0] = '\0';
    assert_int_equal(db_open(&config, TEST_DEADLINE_US), RESULT_OK);
    assert_true(db_ready());
    pg_fixture_await_ready((size_t)(read + write + 1));
}

static void assert_slice(struct slice actual, const char *expected)
{
    assert_true(slice_equals_text(actual, expected));
}

static int64_t count_things(void)
{
    int64_t n = -1;
    assert_true(slice_to_int64(slice_from_text(pg_fixture_sql("SELECT count(*) FROM thing")), &n));
    return n;
}

CO_TEST(rows_are_read_by_column_name)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    const struct slice args[] = { SLICE("caf\xc3\xa9 it's"), SLICE("-9007199254740993"), SLICE("true") };
    const struct row *row = db_one(&w, &st_echo, args);
    assert_non_null(row);
    assert_slice(row_text(row, "a"), "caf\xc3\xa9 it's");
    assert_true(row_int(row, "b") == INT64_C(-9007199254740993));
    assert_true(row_bool(row, "c"));
    assert_true(slice_is_none(row_text(row, "d")));
    assert_int_equal(row_int(row, "d"), 0);
    assert_false(row_bool(row, "d"));

    const struct slice empty[] = { SLICE(""), SLICE_NONE, SLICE_NONE };
    row = db_one(&w, &st_echo, empty);
    assert_non_null(row);
    assert_false(slice_is_none(row_text(row, "a")));
    assert_int_equal(row_text(row, "a").size, 0);
    assert_true(slice_is_none(row_text(row, "b")));

    assert_null(db_maybe(&w, &st_none, NULL));
    assert_false(work_failed(&w));
    assert_int_equal(rows_count(db_all(&w, &st_none, NULL)), 0);
    assert_null(db_one(&w, &st_none, NULL));
    assert_ptr_equal(w.failure.problem, &PROBLEM_not_found);
    arena_free(w.arena);
    db_close();
}

CO_TEST(parameters_left_unset_are_filled_from_the_work)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    const struct slice unset[8] = { SLICE_NONE };
    const struct row *row = db_one(&w, &st_auto, unset);
    assert_non_null(row);
    assert_true(row_bool(row, "recent"));
    assert_int_equal(row_text(row, "today").size, 10);
    static const char *const absent[] = { "owner", "trace", "op", "subject", "key", "hash" };
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_true(slice_is_none(row_text(row, absent[i])));

    w.identity = (struct identity){ .kind = IDENTITY_CUSTOMER, .subject = SLICE("019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10") };
    w.traceparent = SLICE("00-t-s-01");
    w.idempotency = (struct idempotency){ SLICE("op"), SLICE("sub"), SLICE("key"), SLICE("hash") };
    const struct slice given[8] = { [0] = SLICE("2031-02-03T04:05:06Z"), [3] = SLICE("mine") };
    row = db_one(&w, &st_auto, given);
    assert_non_null(row);
    assert_slice(row_text(row, "now"), "2031-02-03 04:05:06+00");
    assert_slice(row_text(row, "owner"), "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10");
    assert_slice(row_text(row, "trace"), "mine");
    assert_slice(row_text(row, "op"), "op");
    assert_slice(row_text(row, "subject"), "sub");
    assert_slice(row_text(row, "key"), "key");
    assert_slice(row_text(row, "hash"), "hash");

    w.identity.kind = IDENTITY_STAFF;
    assert_true(slice_is_none(row_text(db_one(&w, &st_auto, unset), "owner")));
    arena_free(w.arena);
    db_close();
}

CO_TEST(sessions_are_set_up_by_their_pool)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    const struct row *row = db_one(&w, &st_read_only, NULL);
    assert_non_null(row);
    assert_slice(row_text(row, "ro"), "on");
    assert_slice(row_text(row, "st"), "5s");
    assert_slice(row_text(row, "tz"), "UTC");
    assert_slice(row_text(row, "who"), pg_fixture_app_role());
    assert_slice(row_text(row, "app"), "cuotas read");
    /* The same statement on a pool it was not prepared on. */
    struct batch *batch = batch_new(&w, POOL_WRITE);
    batch_add(batch, &st_read_only, NULL);
    assert_true(batch_run(batch));
    assert_slice(row_text(rows_at(batch_rows(batch, 0), 0), "ro"), "off");
    arena_free(w.arena);
    db_close();
}

CO_TEST(a_batch_is_one_transaction)
{
    open_db(1, 2);
    struct work w = pg_fixture_work();
    struct batch *batch = batch_new(&w, POOL_WRITE);
    for (int i = 0; i < 300; i++)
        batch_add(batch, &st_put, (const struct slice[]){ work_int(&w, i), SLICE("x") });
    batch_add(batch, &st_count, NULL);
    assert_true(batch_run(batch));
    assert_true(batch_committed(batch));
    assert_int_equal(batch_failed_at(batch), -1);
    assert_int_equal(rows_affected(batch_rows(batch, 7)), 1);
    assert_int_equal(row_int(rows_at(batch_rows(batch, 300), 0), "n"), 300);
    assert_int_equal(event_calls, 1);
    assert_int_equal(job_calls, 0);

    batch = batch_new(&w, POOL_WRITE);
    for (int i = 0; i < 20; i++)
        batch_add(batch, &st_put, (const struct slice[]){ work_int(&w, i == 13 ? 7 : 1000 + i), SLICE_NONE });
    assert_false(batch_run(batch));
    assert_false(batch_committed(batch));
    assert_int_equal(batch_failed_at(batch), 13);
    assert_ptr_equal(w.failure.problem, &PROBLEM_internal);
    assert_int_equal(count_things(), 300);
    assert_int_equal(event_calls, 1);

    w.failure = (struct failure){ 0 };
    assert_true(batch_run(batch_new(&w, POOL_WRITE)));
    arena_free(w.arena);
    db_close();
}

CO_TEST(what_changed_is_told_after_the_commit)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    assert_true(db_run(&w, &st_change, (const struct slice[]){ SLICE("1"), SLICE("5") }));
    assert_string_equal(changes, "note 2;note 4;");   /* not the rows that have none */
    assert_false(db_run(&w, &st_change, (const struct slice[]){ SLICE("6"), SLICE("x") }));
    w.failure = (struct failure){ 0 };
    struct batch *batch = batch_new(&w, POOL_WRITE);
    batch_add(batch, &st_change, (const struct slice[]){ SLICE("6"), SLICE("6") });
    batch_add(batch, &st_put, (const struct slice[]){ SLICE("1"), SLICE("note 1") });
    assert_false(batch_run(batch));
    assert_string_equal(changes, "note 2;note 4;");
    w.failure = (struct failure){ 0 };
    batch = batch_new(&w, POOL_WRITE);
    batch_add(batch, &st_count, NULL);
    batch_add(batch, &st_change, (const struct slice[]){ SLICE("8"), SLICE("8") });
    assert_true(batch_run(batch));
    assert_string_equal(changes, "note 2;note 4;note 8;");
    arena_free(w.arena);
    db_close();
}

struct many {
    int id, ok, refused, left;
};

static void put_or_collide(void *arg)
{
    struct many *many = arg;
    struct work w = pg_fixture_work();
    int id = many->id++;
    bool collides = id % 3 == 1;
    bool ok = db_run(&w, &st_put, (const struct slice[]){ work_int(&w, collides ? 0 : id), SLICE("x") });
    assert_true(ok != (collides && w.failure.problem == &PROBLEM_internal));
    many->ok += ok;
    many->refused += !ok;
    many->left--;
    arena_free(w.arena);
}

CO_TEST(units_in_one_pipeline_do_not_touch_each_other)
{
    open_db(1, 1);
    struct many many = { .left = 90 };
    for (int i = 0; i < 90; i++)
        assert_int_equal(co_spawn(put_or_collide, &many), RESULT_OK);
    while (many.left > 0)
        co_sleep_us(1000);
    assert_int_equal(many.refused, 30);
    assert_int_equal(many.ok, 60);
    assert_int_equal(count_things(), 60);
    assert_int_equal(db_stats().in_flight + db_stats().waiting, 0);
    assert_int_equal(db_stats().failures, 30);
    db_close();
}

CO_TEST(a_unit_outlives_a_waiter_that_gave_up)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    w.deadline_us = clock_monotonic_us() + 50000;
    assert_false(db_run(&w, &st_put_slowly, (const struct slice[]){ SLICE("1"), SLICE("0.3") }));
    assert_ptr_equal(w.failure.problem, &PROBLEM_unavailable);
    assert_int_equal(w.failure.retry_after_s, 1);
    assert_int_equal(event_calls, 0);
    arena_free(w.arena);
    /* The next one waits behind it on the only connection: then the first has happened, and its events were told. */
    w = pg_fixture_work();
    assert_int_equal(row_int(db_one(&w, &st_count, NULL), "n"), 1);
    assert_int_equal(event_calls, 1);
    assert_int_equal(job_calls, 1);
    arena_free(w.arena);
    db_close();
}

static void put_behind(void *arg)
{
    struct many *many = arg;
    struct work w = pg_fixture_work();
    w.deadline_us = clock_monotonic_us() + 60000;
    many->refused += !db_run(&w, &st_put, (const struct slice[]){ work_int(&w, 100 + many->id++), SLICE_NONE });
    many->left--;
    arena_free(w.arena);
}

CO_TEST(a_unit_that_was_never_sent_dies_with_its_waiter)
{
    open_db(1, 1);
    struct work w = pg_fixture_work();
    struct many many = { .left = DB_PIPELINE_UNITS_MAX + 10 };
    w.deadline_us = clock_monotonic_us() + 60000;
    assert_false(db_run(&w, &st_put_slowly, (const struct slice[]){ SLICE("1"), SLICE("0.4") }));
    for (int i = 0; i < DB_PIPELINE_UNITS_MAX + 10; i++)
        assert_int_equal(co_spawn(put_behind, &many), RESULT_OK);
    co_sleep_us(1000);
    assert_int_equal(db_stats().in_flight, DB_PIPELINE_UNITS_MAX);
    assert_int_equal(db_stats().waiting, 11);
    while (many.left > 0)
        co_sleep_us(1000);
    assert_int_equal(many.refused, DB_PIPELINE_UNITS_MAX + 10);
    assert_int_equal(db_stats().waiting, 0);
    arena_free(w.arena);
    w = pg_fixture_work();
    assert_int_equal(row_int(db_one(&w, &st_count, NULL), "n"), DB_PIPELINE_UNITS_MAX);
    arena_free(w.arena);
    db_close();
}

static void read_long(void *arg)
{
    struct many *many = arg;
    struct work w = pg_fixture_work();
    size_t size = 3 * 1000 * 1000;
    char *text = arena_alloc(w.arena, size);
    memset(text, 'a' + many->id++, size);
    const struct row *row = db_one(&w, &st_long, (const struct slice[]){ slice_of(text, size) });
    assert_non_null(row);
    assert_int_equal(row_int(row, "n"), size);
    assert_int_equal(row_text(row, "twice").size, 2 * size);
    assert_memory_equal(row_text(row, "twice").data + size, text, size);
    many->left--;
    arena_free(w.arena);
}

CO_TEST(megabytes_pass_in_both_directions_at_once)
{
    open_db(1, 1);
    struct many many = { .left = 8 };
    for (int i = 0; i < 8; i++)
        assert_int_equal(co_spawn(read_long, &many), RESULT_OK);
    while (many.left > 0)
        co_sleep_us(1000);
    db_close();
}

static void wait_for_answer(void *arg)
{
    struct many *many = arg;
    struct work w = pg_fixture_work();
    many->refused += !db_run(&w, &st_put_slowly, (const struct slice[]){ work_int(&w, many->id++), SLICE("5") });
    many->refused += w.failure.problem == &PROBLEM_unavailable;
    many->left--;
    arena_free(w.arena);
}

CO_TEST(closing_ends_what_is_in_flight_or_waiting)
{
    open_db(1, 1);
    struct many many = { .left = 30 };
    for (int i = 0; i < 30; i++)
        assert_int_equal(co_spawn(wait_for_answer, &many), RESULT_OK);
    co_yield();
    db_close();
    while (many.left > 0)
        co_yield();
    assert_int_equal(many.refused, 60);
    struct work w = pg_fixture_work();
    assert_false(db_run(&w, &st_count, NULL));
    assert_ptr_equal(w.failure.problem, &PROBLEM_unavailable);
    assert_false(db_ready());
    arena_free(w.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_by_column_name),
        cmocka_unit_test(parameters_left_unset_are_filled_from_the_work),
        cmocka_unit_test(sessions_are_set_up_by_their_pool),
        cmocka_unit_test(a_batch_is_one_transaction),
        cmocka_unit_test(what_changed_is_told_after_the_commit),
        cmocka_unit_test(units_in_one_pipeline_do_not_touch_each_other),
        cmocka_unit_test(a_unit_outlives_a_waiter_that_gave_up),
        cmocka_unit_test(a_unit_that_was_never_sent_dies_with_its_waiter),
        cmocka_unit_test(megabytes_pass_in_both_directions_at_once),
        cmocka_unit_test(closing_ends_what_is_in_flight_or_waiting),
    };
    return cmocka_run_group_tests(tests, pg_fixture_setup, pg_fixture_teardown);
}
