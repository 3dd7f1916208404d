/* A database of a test's own in the real server CUOTAS_TEST_PG (a superuser's conninfo) names: made, migrated with
 * libcommon's migrations, and dropped at the end. Code under test runs as a role without privileges of its own. */
#ifndef CUOTAS_TESTS_PG_FIXTURE_H
#define CUOTAS_TESTS_PG_FIXTURE_H

#include "base/work.h"
#include "db/db.h"

#include <libpq-fe.h>

/* A cmocka test whose body runs in a coroutine of a fresh loop (run_co.h). */
#define CO_TEST(name)                                                                                                  \
    static void name##_body(void *unused);                                                                             \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        run_co(name##_body, NULL);                                                                                     \
    }                                                                                                                  \
    static void name##_body(__attribute__((unused)) void *unused)

/* For statements written in a test: nothing is filled by db. */
#define NO_AUTO { -1, -1, -1, -1, -1, -1, -1, -1 }

/* Group set-up and tear-down for cmocka. Set-up ends the program with a message when CUOTAS_TEST_PG is not set. */
int pg_fixture_setup(void **state);
int pg_fixture_teardown(void **state);
/* A further database beside the first, for two services in one test; dropped by the tear-down too. At most 4. */
void pg_fixture_add(const char *name);

/* Conninfo of the test's database, as superuser or as the app role. `name` NULL: the first one. */
const char *pg_fixture_owner(const char *name);
const char *pg_fixture_app(const char *name);
const char *pg_fixture_app_role(void);
/* The text of libcommon's first migration. */
const char *pg_fixture_common_sql(void);

/* Blocking, as superuser, in that database; several statements at once; failing fails the test. The first column of the first row
 * as text, "" when there is none, valid until the next call. */
const char *pg_fixture_sql_in(const char *name, const char *sql);
const char *pg_fixture_sql(const char *sql);
/* The superuser's own connection, for transactions that are to stay open. Close it with PQfinish. */
PGconn *pg_fixture_connect(const char *name);

/* Opens db with these statements and connection counts for the body of a test; asserts that it works. */
void pg_fixture_open(const struct statement *const *statements, int read, int write, int slow);

/* A unit of work that lasts 20 s. */
struct work pg_fixture_work(void);

/* Until so many connections of the open database are ready: db_open waits only for the first of each pool. Suspends. */
void pg_fixture_await_ready(size_t count);

#endif
