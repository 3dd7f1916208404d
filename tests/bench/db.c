/* What the database layer costs: db_one of one cheap read at 64 coroutines on 4 pipelined connections, and a small write on 8, for three
 * seconds each. Prints units a second and microseconds of this process's CPU a unit; the same statements run by `pgbench -M prepared
 * -c 8` beside it are the measure (libcommon/README.md).
 *     tests/bench/db "host=/run/postgresql dbname=x user=y"          (leaves table bench_thing behind) */
#include "base/clock.h"
#include "db/db.h"
#include "io/co.h"
#include "io/loop.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define COROUTINES 64
#define ROWS 100000
#define RUN_US (3 * INT64_C(1000000))
#define NO_AUTO { -1, -1, -1, -1, -1, -1, -1, -1 }

static const struct statement st_read = {
    .name = "bench_read", .text = "SELECT doc AS body FROM bench_thing WHERE id = $1::int", .parameter_count = 1, .pool = POOL_READ,
    .autofill = NO_AUTO };
static const struct statement st_write = {
    .name = "bench_write", .text = "UPDATE bench_thing SET n = n + 1 WHERE id = $1::int", .parameter_count = 1, .pool = POOL_WRITE,
    .autofill = NO_AUTO };
static const struct statement *const statements[] = { &st_read, &st_write, NULL };

static const char *conninfo;
static const struct statement *measured;
static int64_t until_us;
static unsigned long units, failures;
static int running;

static void prepare(const char *sql)
{
    PGconn *pg = PQconnectdb(conninfo);
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        (void)fprintf(stderr, "%s", PQerrorMessage(pg));
        exit(1);
    }
    PQclear(result);
    PQfinish(pg);
}

static void client(void *seed)
{
    unsigned random = (unsigned)(uintptr_t)seed;
    while (clock_monotonic_us() < until_us) {
        struct work w = { .arena = arena_new(), .deadline_us = until_us + RUN_US };
        const struct slice args[] = { work_int(&w, rand_r(&random) % ROWS) };
        failures += !db_run(&w, measured, args);
        units++;
        arena_free(w.arena);
    }
    running--;
}

static int64_t cpu_us(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void measure(const char *what, const struct statement *statement)
{
    int64_t started_us = clock_monotonic_us(), cpu_before_us = cpu_us();
    measured = statement;
    until_us = started_us + RUN_US;
    units = failures = 0;
    for (running = 0; running < COROUTINES; running++)
        if (co_spawn(client, (void *)(uintptr_t)(running + 1)) != RESULT_OK)
            abort();
    while (running > 0)
        co_sleep_us(10000);
    printf("%-40s %8.0f units/s  %5.1f us CPU each  %lu failed\n", what,
           (double)units * 1e6 / (double)(clock_monotonic_us() - started_us), (double)(cpu_us() - cpu_before_us) / (double)units, failures);
}

static void run(void *unused)
{
    (void)unused;
    const struct db_config config = { .conninfo = conninfo, .read_connections = 4, .write_connections = 8, .slow_connections = 1,
                                      .statements = statements };
    if (db_open(&config, clock_monotonic_us() + RUN_US) != RESULT_OK)
        exit(1);
    measure("read by key, 64 coroutines, 4 connections", &st_read);
    measure("update by key, 64 coroutines, 8 connections", &st_write);
    db_close();
    co_cancel_all();
    loop_stop();
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s CONNINFO\n", argv[0]);
        return 64;
    }
    conninfo = argv[1];
    prepare("DROP TABLE IF EXISTS bench_thing; CREATE TABLE bench_thing (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, doc text);"
            "INSERT INTO bench_thing SELECT n, 0, repeat('x', 200) FROM generate_series(0, 99999) AS n");
    prepare("VACUUM ANALYZE bench_thing");
    loop_init();
    if (co_spawn(run, NULL) != RESULT_OK)
        return 1;
    loop_run();
    loop_close();
    return 0;
}
