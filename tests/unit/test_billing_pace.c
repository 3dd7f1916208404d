/* Turns of automatic charges: however many processes take them from the row they share, there are no more than the limit lets be. The statement is the service's own. */
#include "check.h"
#include "pg_fixture.h"
#include "run_co.h"

#include "billing/pace.h"
#include "gen/billing/sql.h"
#include "gen/billing/tables.h"

#include <stdlib.h>

#define PROCESSES 3
#define TURNS 60
#define GAP_US 500
#define SECOND_US INT64_C(1000000)

static struct pace paces[PROCESSES];
static int64_t turns[PROCESSES * TURNS];
static size_t taken;

/* A charge's: two minutes from now. */
static struct work job_work(void)
{
    struct work w = pg_fixture_work();
    w.deadline_us = clock_monotonic_us() + 120 * SECOND_US;
    return w;
}

static void take(void *process)
{
    struct work w = job_work();
    for (int i = 0; i < TURNS / 2; i++) {
        const int64_t turn = pace_turn(&w, SLICE("stripe"), process);
        assert_true(turn > 0);
        turns[taken++] = turn;
    }
    arena_free(w.arena);
}

static int earlier(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

CO_TEST(no_more_turns_than_the_limit)
{
    void *args[2 * PROCESSES];   /* two charges of each process ask at the same time */
    pg_fixture_open(billing_statements, 2, 4, 1);
    const int64_t began = clock_monotonic_us();
    for (size_t i = 0; i < 2 * PROCESSES; i++) {
        paces[i / 2] = (struct pace){ .gap_us = GAP_US };
        args[i] = &paces[i / 2];
    }
    co_together(take, args, 2 * PROCESSES);
    assert_int_equal(taken, PROCESSES * TURNS);
    qsort(turns, taken, sizeof *turns, earlier);
    for (size_t i = 0; i < taken; i++)
        assert_true(turns[i] - began >= (int64_t)i * GAP_US);
    db_close();
}

static int64_t latest_us;

/* How many of 400 charges, of several processes, get a turn at one a second. */
static size_t turns_of_many(struct work *w)
{
    size_t got = 0;
    for (size_t i = 0; i < 400; i++) {
        const int64_t turn_us = pace_turn(w, SLICE("stripe"), &paces[i % PROCESSES]);
        latest_us = turn_us > latest_us ? turn_us : latest_us;
        got += turn_us > 0;
    }
    assert_false(work_failed(w));
    return got;
}

/* More charges than there are turns in the time of one: those that get none take none, so there are as many turns a minute later as went by meanwhile. */
CO_TEST(charges_that_get_no_turn_take_none)
{
    for (size_t i = 0; i < PROCESSES; i++)
        paces[i] = (struct pace){ .gap_us = SECOND_US };
    pg_fixture_open(billing_statements, 2, 4, 1);
    struct work w = job_work();
    (void)pg_fixture_sql("TRUNCATE autopay_pace");
    size_t first = turns_of_many(&w);
    assert_in_range(first, 100, 102);
    assert_true(latest_us <= w.deadline_us - 20 * SECOND_US);
    assert_int_equal(turns_of_many(&w), 0);
    (void)pg_fixture_sql("UPDATE autopay_pace SET next_at = next_at - interval '1 minute'");   /* that a minute has gone by */
    assert_in_range(turns_of_many(&w), 58, 61);
    arena_free(w.arena);
    db_close();
}

CO_TEST(a_clock_that_went_back_stops_nobody)
{
    struct pace pace = { .gap_us = GAP_US };
    pg_fixture_open(billing_statements, 2, 4, 1);
    struct work w = job_work();
    (void)pg_fixture_sql("UPDATE autopay_pace SET next_at = clock_timestamp() + interval '1 day'");
    assert_true(pace_turn(&w, SLICE("stripe"), &pace) < clock_monotonic_us() + 181 * INT64_C(1000000));
    arena_free(w.arena);
    db_close();
}

static int set_up(void **state)
{
    int failed = pg_fixture_setup(state);
    assert_int_equal(db_migrate(pg_fixture_owner(NULL), pg_fixture_app_role(), billing_migrations, billing_migration_count), RESULT_OK);
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_turns_than_the_limit),
        cmocka_unit_test(charges_that_get_no_turn_take_none),
        cmocka_unit_test(a_clock_that_went_back_stops_nobody),
    };
    return cmocka_run_group_tests(tests, set_up, pg_fixture_teardown);
}
