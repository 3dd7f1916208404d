/* A charge goes to its second provider by the first run of its job alone, and not once another run has taken the job up: that one may have sent to the first
 * provider, and a charge at each would be two. The statement is the service's own. */
#include "check.h"
#include "pg_fixture.h"
#include "run_co.h"

#include "gen/billing/sql.h"
#include "gen/billing/tables.h"

#include <stdio.h>

#define PAYMENT "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e01"

/* A payment that could not be sent, and its job in its first run. */
static void prepare(void)
{
    (void)pg_fixture_sql("SET session_replication_role = replica; TRUNCATE job; DELETE FROM payment;"
                         "INSERT INTO payment (id, order_id, contract_id, customer_id, amount, currency, status, source, provider, token, fallback_provider, fallback_token, "
                         "created_at, updated_at) SELECT '" PAYMENT "', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 100, 'EUR', 'processing', 'checkout', "
                         "'mercadopago', 'one', 'stripe', 'two', now(), now();"
                         "INSERT INTO job (kind, key, run_at, attempts, lease_until) VALUES ('charge_payment', 'charge:" PAYMENT "', now(), 1, now() + interval '8 s')");
}

static const char *job_id(void)
{
    static char id[24];
    (void)snprintf(id, sizeof id, "%s", pg_fixture_sql("SELECT id FROM job"));
    return id;
}

/* The provider it goes to; NULL: it stays. */
static const char *fail_over(void)
{
    static char provider[32];
    struct work w = pg_fixture_work();
    const struct row *moved = db_maybe(&w, SQL(fail_over, .payment_id = SLICE(PAYMENT), .job_id = slice_from_text(job_id())));
    assert_false(work_failed(&w));
    if (moved)
        (void)snprintf(provider, sizeof provider, "%.*s", SLICE_FMT(row_text(moved, "provider")));
    arena_free(w.arena);
    return moved ? provider : NULL;
}

CO_TEST(its_first_run_takes_it_there_once)
{
    prepare();
    pg_fixture_open(billing_statements, 1, 2, 1);
    assert_string_equal(fail_over(), "stripe");
    assert_null(fail_over());
    assert_string_equal(pg_fixture_sql("SELECT provider || ' ' || token FROM payment"), "stripe two");
    db_close();
}

CO_TEST(a_run_that_was_taken_for_dead_takes_it_nowhere)
{
    prepare();
    pg_fixture_open(billing_statements, 1, 2, 1);
    (void)pg_fixture_sql("UPDATE job SET attempts = 2");
    assert_null(fail_over());
    assert_string_equal(pg_fixture_sql("SELECT provider || ' ' || token FROM payment"), "mercadopago one");
    db_close();
}

struct overtaken {
    const char *provider;
    bool done;
};

static void fail_over_meanwhile(void *arg)
{
    struct overtaken *overtaken = arg;
    overtaken->provider = fail_over();
    overtaken->done = true;
}

/* It is taken up while the statement runs: whose commit comes first decides. */
CO_TEST(a_run_that_is_being_taken_for_dead_takes_it_nowhere)
{
    struct overtaken overtaken = { .provider = "none yet" };
    prepare();
    pg_fixture_open(billing_statements, 1, 2, 1);
    PGconn *other = pg_fixture_connect(NULL);
    PQclear(PQexec(other, "BEGIN; UPDATE job SET attempts = 2"));
    assert_int_equal(co_spawn(fail_over_meanwhile, &overtaken), RESULT_OK);
    while (strcmp(pg_fixture_sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"), "0") == 0)
        co_sleep_us(1000);
    PQclear(PQexec(other, "COMMIT"));
    PQfinish(other);
    while (!overtaken.done)
        co_sleep_us(1000);
    assert_null(overtaken.provider);
    assert_string_equal(pg_fixture_sql("SELECT provider FROM payment"), "mercadopago");
    db_close();
}

static int setup(void **state)
{
    (void)pg_fixture_setup(state);
    assert_int_equal(db_migrate(pg_fixture_owner(NULL), pg_fixture_app_role(), billing_migrations, billing_migration_count), RESULT_OK);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(its_first_run_takes_it_there_once), cmocka_unit_test(a_run_that_was_taken_for_dead_takes_it_nowhere),
                                        cmocka_unit_test(a_run_that_is_being_taken_for_dead_takes_it_nowhere) };
    return cmocka_run_group_tests(tests, setup, pg_fixture_teardown);
}
