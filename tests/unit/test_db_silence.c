/* A server, or a network, that goes silent without closing anything: real PostgreSQL behind a proxy that can be told to pass nothing on.
 * No statement timeout helps then; the connection is given up and its units end. The proxy is called by a host name, so resolving
 * and trying each address is covered too. */
#include "pg_fixture.h"
#include "run_co.h"

#include "base/limits.h"
#include "gen/problems.h"
#include "io/listen.h"
#include "io/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHORT_MS 200

static const struct statement st_one = { .name = "one", .text = "SELECT 1 AS n", .pool = POOL_WRITE, .autofill = NO_AUTO };
static const struct statement st_sleep = { .name = "sleep", .text = "SELECT pg_sleep(30)", .pool = POOL_READ, .autofill = NO_AUTO };
static const struct statement *const statements[] = { &st_one, &st_sleep, NULL };

/* ---- the proxy: two coroutines a connection, the last one to end closes ---- */

struct link {
    int fd, running;
    struct stream *client, *server;
};

static char server_host[512];
static int server_port;
static bool silent;

static void pump(struct link *link, struct stream *from, struct stream *to)
{
    char bytes[2048];
    size_t got;
    while (stream_read(from, bytes, sizeof bytes, INT64_MAX, &got) == RESULT_OK) {
        const struct iovec part = { bytes, got };
        if (!silent && stream_write(to, &part, 1, INT64_MAX) != RESULT_OK)
            break;
    }
    (void)shutdown(stream_fd(from), SHUT_RDWR);
    (void)shutdown(stream_fd(to), SHUT_RDWR);
    if (--link->running > 0)
        return;
    stream_close(link->client);
    stream_close(link->server);
    free(link);
}

static void pump_up(void *arg)
{
    struct link *link = arg;
    pump(link, link->client, link->server);
}

static void link_main(void *arg)
{
    struct link *link = arg;
    link->client = stream_from_fd(link->fd);
    assert_int_equal(stream_connect(slice_from_text(server_host), server_port, TEST_DEADLINE_US, &link->server), RESULT_OK);
    link->running = 2;
    assert_int_equal(co_spawn(pump_up, link), RESULT_OK);
    pump(link, link->server, link->client);
}

static void accepted(void *unused, int fd, const struct address *from)
{
    (void)from;
    (void)unused;
    struct link *link = calloc(1, sizeof *link);
    assert_non_null(link);
    link->fd = fd;
    assert_int_equal(co_spawn(link_main, link), RESULT_OK);
}

static struct listener *proxy_start(void)
{
    struct listener *listener = NULL;
    const struct listen_config config = { .address = "127.0.0.1:0", .accepted = accepted };
    PGconn *pg = pg_fixture_connect(NULL);
    server_port = atoi(PQport(pg));
    if (PQhost(pg)[0] == '/')
        (void)snprintf(server_host, sizeof server_host, "%s/.s.PGSQL.%d", PQhost(pg), server_port);
    else
        (void)snprintf(server_host, sizeof server_host, "%s", PQhost(pg));
    PQfinish(pg);
    silent = false;
    assert_int_equal(listen_start(&config, &listener), RESULT_OK);
    return listener;
}

static void assert_call(const struct statement *st, bool works, int64_t at_least_ms, int64_t at_most_ms)
{
    struct work w = pg_fixture_work();
    int64_t started_us = clock_monotonic_us();
    assert_int_equal(db_run(&w, st, NULL), works);
    int64_t took_ms = (clock_monotonic_us() - started_us) / 1000;
    assert_true(works || w.failure.problem == &PROBLEM_unavailable);
    assert_true(took_ms >= at_least_ms && took_ms <= at_most_ms);
    arena_free(w.arena);
}

CO_TEST(a_silent_server_is_given_up)
{
    struct listener *listener = proxy_start();
    char conninfo[2048];
    (void)snprintf(conninfo, sizeof conninfo, "%s host=localhost port=%d sslmode=disable", pg_fixture_app(NULL), listen_port(listener));
    const struct db_config config = { .conninfo = conninfo, .read_connections = 1, .write_connections = 1, .slow_connections = 1,
                                      .statements = statements, .timeout_ms = { SHORT_MS, SHORT_MS, SHORT_MS } };
    assert_int_equal(db_open(&config, TEST_DEADLINE_US), RESULT_OK);
    assert_call(&st_one, true, 0, 10000);
    /* A slow statement is the server's to end: the connection stays. */
    assert_call(&st_sleep, false, SHORT_MS, 10000);
    assert_int_equal(db_stats().reconnects, 0);
    assert_true(db_ready());

    silent = true;
    assert_call(&st_one, false, SHORT_MS + DB_SILENCE_MS, 15000);
    assert_false(db_ready());
    silent = false;
    while (!db_ready())
        co_sleep_us(1000);
    assert_call(&st_one, true, 0, 10000);
    assert_int_equal(db_stats().reconnects, 1);
    db_close();
    listen_close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_silent_server_is_given_up) };
    return cmocka_run_group_tests(tests, pg_fixture_setup, pg_fixture_teardown);
}
