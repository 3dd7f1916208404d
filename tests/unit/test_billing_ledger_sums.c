/* Balances that are added up from sums, against the same from every posting: random postings (backdated, of several currencies, recorded late), folded now and
 * then, by two at once too. The statements are the service's own. */
#include "check.h"
#include "pg_fixture.h"
#include "run_co.h"

#include "base/clock.h"
#include "billing/ledger_fold.h"
#include "gen/billing/sql.h"
#include "gen/billing/tables.h"

#include <stdio.h>

#define ROUNDS 60

/* So many postings, of the days before a day, recorded between two days. */
#define POST \
    "INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, effective_on, recorded_at)" \
    " SELECT gen_random_uuid(), 1, k, d, c, 1 + floor(random() * 1000)::bigint, (ARRAY['COP', 'USD', 'CLP'])[1 + floor(random() * 3)::int], gen_random_uuid()," \
    " gen_random_uuid(), date '2026-01-01' + %d - floor(random() ^ 3 * 40)::int, timestamptz '2026-01-01 00:00Z' + (%d + random() * 1.5) * interval '1 day'" \
    " FROM (VALUES ('sale', 'receivable', 'sales'), ('payment', 'cash_at_provider', 'receivable'), ('interest', 'deferred_interest', 'interest_income')) AS v(k, d, c)," \
    " generate_series(1, %d)"

/* Whether what the statement told ($1) is the same as from all postings up to a day ($2), recorded up to an instant ($3). */
#define SAME \
    "SELECT ($1::jsonb -> 'data') = coalesce(jsonb_agg(jsonb_build_object('account', code, 'class', class, 'currency', currency, 'debit', debit, 'credit', credit," \
    " 'balance', debit - credit) ORDER BY currency, code), '[]') FROM (SELECT a.code, a.class, s.currency, sum(s.debit) AS debit, sum(s.credit) AS credit FROM (" \
    " SELECT debit_account AS account, currency, amount AS debit, 0 AS credit, effective_on, recorded_at FROM posting UNION ALL" \
    " SELECT credit_account, currency, 0, amount, effective_on, recorded_at FROM posting) AS s JOIN ledger_account a ON a.code = s.account" \
    " WHERE effective_on <= $2::date AND recorded_at <= coalesce($3::timestamptz, 'infinity') GROUP BY 1, 2, 3) AS b"
/* The sums themselves. */
#define DIFFER \
    "SELECT count(*) FROM (SELECT recorded_on, effective_on, kind, debit_account, credit_account, currency, amount FROM ledger_sum) AS s FULL JOIN (" \
    " SELECT recorded_day(recorded_at) AS recorded_on, effective_on, kind, debit_account::text, credit_account::text, currency, sum(amount) AS amount" \
    " FROM posting p JOIN ledger_folded f ON f.lane = p.lane AND p.position <= f.upto GROUP BY 1, 2, 3, 4, 5, 6) AS t" \
    " USING (recorded_on, effective_on, kind, debit_account, credit_account, currency) WHERE s.amount IS DISTINCT FROM t.amount"

static struct work w;

static void post(int day, int count)
{
    char sql[2048];
    (void)snprintf(sql, sizeof sql, POST, day, day, count);
    (void)pg_fixture_sql(sql);
}

/* known_at NULL: now. */
static void expect_balance(PGconn *pg, const char *as_of, const char *known_at)
{
    w.deadline_us = TEST_DEADLINE_US;
    const struct row *row = db_one(&w, SQL(get_trial_balance, .as_of = slice_from_text(as_of), .known_at = slice_from_text(known_at)));
    assert_non_null(row);
    PGresult *same = PQexecParams(pg, SAME, 3, NULL, (const char *const[]){ row_text(row, "body").data, as_of, known_at }, NULL, NULL, 0);
    if (PQresultStatus(same) != PGRES_TUPLES_OK || strcmp(PQgetvalue(same, 0, 0), "t") != 0)
        fail_msg("as of %s, known at %s: %s %s", as_of, known_at ? known_at : "now", PQerrorMessage(pg), row_text(row, "body").data);
    PQclear(same);
}

static void folder(void *done)
{
    struct work own = pg_fixture_work();
    assert_true(ledger_fold(&own));
    arena_free(own.arena);
    ++*(int *)done;
}

static void fold(int folders)
{
    int done = 0;
    for (int i = 0; i < folders; i++)
        assert_int_equal(co_spawn(folder, &done), RESULT_OK);
    while (done < folders)
        co_yield();
    assert_string_equal(pg_fixture_sql(DIFFER), "0");
}

CO_TEST(balances_are_what_was_posted)
{
    char as_of[16], known_at[32];
    pg_fixture_open(billing_statements, 2, 4, 1);
    PGconn *pg = pg_fixture_connect(NULL);
    w = pg_fixture_work();
    for (int round = 0; round < ROUNDS; round++) {
        post(round / 3, 1 + round % 7 * 40);
        fold(round % 3);
        (void)snprintf(as_of, sizeof as_of, "2026-01-%02d", 1 + round * 7 % 24);
        (void)snprintf(known_at, sizeof known_at, "2026-01-%02dT%02d:30:00Z", 1 + round * 5 % 24, round % 24);
        expect_balance(pg, as_of, NULL);
        expect_balance(pg, as_of, known_at);
        expect_balance(pg, "2027-01-01", known_at);
    }
    PQfinish(pg);
    arena_free(w.arena);
    db_close();
}

CO_TEST(more_than_a_unit_is_folded_in_several)
{
    pg_fixture_open(billing_statements, 2, 4, 1);
    (void)pg_fixture_sql("TRUNCATE posting, ledger_sum, ledger_fold; UPDATE ledger_head SET position = 0, hash = ''");
    post(3, 12000);   /* 36,000: some 2,250 of a lane */
    fold(1);
    assert_string_equal(pg_fixture_sql("SELECT count(*) FROM ledger_fold GROUP BY lane ORDER BY 1 LIMIT 1"), "3");
    assert_string_equal(pg_fixture_sql("SELECT sum(upto) FROM ledger_folded"), "36000");
    fold(1);          /* nothing is left, and nothing is folded twice */
    assert_string_equal(pg_fixture_sql("SELECT sum(upto - after) FROM ledger_fold"), "36000");
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
        cmocka_unit_test(balances_are_what_was_posted),
        cmocka_unit_test(more_than_a_unit_is_folded_in_several),
    };
    return cmocka_run_group_tests(tests, set_up, pg_fixture_teardown);
}
