/* The server over real sockets: heads in any pieces, keep-alive, pipelining, overload, clients that leave, draining. */
#include "http_peer.h"

#include "http/connection.h"
#include "http/upstream.h"
#include "io/listen.h"
#include "run_co.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned served, running, running_most;
static struct co_signal release;

/* /wait answers after `release`; everything else at once, after letting others run. The body says what was asked. */
static struct reply dispatch(struct request *rq)
{
    served++;
    running++;
    running_most = running > running_most ? running : running_most;
    if (slice_equals(rq->path, SLICE("/wait")))
        (void)co_signal_wait(&release, TEST_DEADLINE_US);
    else
        co_yield();
    running--;
    if (slice_equals(rq->path, SLICE("/peer")))
        return reply_ok(rq, request_peer(rq));
    return reply_ok(rq, arena_printf(rq->work.arena, "%.*s", SLICE_FMT(rq->head->target)));
}

static struct http_server *start(void)
{
    served = running = running_most = 0;
    release = (struct co_signal){ 0 };
    return peer_serve(dispatch);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void simple_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    peer_say(peer, "GET /x?y=1 HTTP/1.1\r\nHost: a\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n");
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 200);
    assert_true(slice_equals(reply.body, SLICE("/x?y=1")));
    assert_true(reply.head.keep_alive);
    assert_true(slice_equals(http_header_find(&reply.head, "x-request-id"), SLICE("4bf92f3577b34da6a3ce929d0e0e4736")));
    assert_true(slice_equals(http_header_find(&reply.head, "content-type"), SLICE("application/json")));
    assert_int_equal(http_header_find(&reply.head, "date").size, 29);
    assert_has(http_header_find(&reply.head, "date"), " GMT");
    assert_true(slice_equals(peer_ask(peer, GET("/peer"), 200), SLICE("127.0.0.1")));
    /* A malformed traceparent is replaced. */
    peer_say(peer, "GET /x HTTP/1.1\r\nHost: a\r\ntraceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n\r\n");
    peer_reply(peer, false, &reply);
    struct slice id = http_header_find(&reply.head, "x-request-id");
    assert_int_equal(id.size, 32);
    assert_false(slice_equals(id, SLICE("00000000000000000000000000000000")));
    peer_close(peer);
    peer_stop(server);
}

static void splits_body(void *arg)
{
    (void)arg;
    static const char request[] = "POST /split HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nX: y\r\n\r\n";
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    for (size_t at = 0; at < sizeof request; at++) {   /* in two pieces, cut at every place */
        peer_send(peer, slice_of(request, at));
        peer_settle();
        assert_true(slice_equals(peer_ask(peer, request + at, 200), SLICE("/split")) || at == sizeof request - 1);
        if (at == sizeof request - 2)
            break;
    }
    for (size_t i = 0; i + 1 < sizeof request; i++) {   /* byte by byte */
        peer_send(peer, slice_of(request + i, 1));
        co_sleep_us(0);
    }
    assert_true(slice_equals(peer_ask(peer, "", 200), SLICE("/split")));
    assert_int_equal(served, sizeof request);
    peer_close(peer);
    peer_stop(server);
}

static void pipeline_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    static char all[64 * 1024];
    size_t size = 0;
    for (int i = 0; i < 600; i++)   /* more than a buffer holds */
        size += (size_t)snprintf(all + size, sizeof all - size, "%s /%d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%.*s",
                                 i % 3 ? "GET" : "POST", i, i % 7, i % 7, "GET /smuggled");
    peer_send(peer, slice_of(all, size));
    for (int i = 0; i < 600; i++) {
        char wanted[16];
        snprintf(wanted, sizeof wanted, "/%d", i);
        peer_reply(peer, false, &reply);
        assert_int_equal(reply.head.status, 200);
        if (!slice_equals(reply.body, slice_from_text(wanted)))
            fail_msg("got %.*s instead of %s", SLICE_FMT(reply.body), wanted);
    }
    assert_int_equal(served, 600);
    assert_int_equal(running_most, 1);   /* one after the other */
    peer_close(peer);
    peer_stop(server);
}

static void keep_alive_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    static const struct {
        const char *request;
        bool stays;
        const char *line;
    } cases[] = {
        { "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET("/never"), false, "close" },
        { "GET /a HTTP/1.0\r\n\r\n", false, "close" },
        { "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, "keep-alive" },
        { GET("/a"), true, NULL },
    };
    struct http_server *server = start();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer *peer = peer_open(server);
        peer_say(peer, cases[i].request);
        peer_reply(peer, false, &reply);
        assert_true(slice_equals(http_header_find(&reply.head, "connection"), slice_from_text(cases[i].line)));
        if (cases[i].stays)
            peer_ask(peer, GET("/again"), 200);
        else
            peer_expect_close(peer);
        peer_close(peer);
    }
    assert_int_equal(served, 6);
    peer_stop(server);
}

static void half_close_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    peer_say(peer, GET("/a") GET("/b"));
    peer_end(peer);
    peer_reply(peer, false, &reply);
    assert_true(slice_equals(reply.body, SLICE("/a")));
    peer_reply(peer, false, &reply);
    assert_true(slice_equals(reply.body, SLICE("/b")));
    peer_expect_close(peer);
    peer_close(peer);
    peer_stop(server);
}

/* Clients that go away: before a byte, inside a head, and while their reply is being made. */
static void leaving_body(void *arg)
{
    (void)arg;
    struct http_server *server = start();
    static const char *const said[] = { "", "GET /x HT", GET("/wait"), GET("/wait") GET("/next") };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct peer *peer = peer_open(server);
        peer_say(peer, said[i]);
        peer_settle();
        assert_int_equal(http_server_stats(server).connections, 1);
        assert_int_equal(http_server_stats(server).requests_active, i >= 2);
        peer_close(peer);
        peer_settle();
        assert_int_equal(http_server_stats(server).requests_active, i >= 2);   /* the handler ends by itself */
        if (i >= 2)
            co_signal_raise(&release);
        while (http_server_stats(server).connections > 0)
            co_sleep_us(0);
    }
    peer_stop(server);
}

static void request_limit_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    peer_ask(peer, GET("/a"), 200);
    server->connections->requests = HTTP_REQUESTS_PER_CONNECTION - 1;
    peer_say(peer, GET("/last"));
    peer_reply(peer, false, &reply);
    assert_false(reply.head.keep_alive);
    peer_expect_close(peer);
    peer_close(peer);
    peer_stop(server);
}

static void full_table_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    struct http_server *server = start();
    server->stats.connections += HTTP_CONNECTIONS_MAX;   /* as if they were there */
    struct peer *peer = peer_open(server);
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 503);
    assert_false(reply.head.keep_alive);
    assert_has(reply.body, "\"code\":\"overloaded\"");
    assert_true(slice_equals(http_header_find(&reply.head, "retry-after"), SLICE("1")));
    peer_expect_close(peer);
    peer_close(peer);
    server->stats.connections -= HTTP_CONNECTIONS_MAX;
    assert_int_equal(http_server_stats(server).rejected, 1);
    peer = peer_open(server);
    peer_ask(peer, GET("/a"), 200);
    peer_close(peer);
    peer_stop(server);
}

static bool stacks_free;

static void hold_a_stack(void *arg)
{
    (void)arg;
    while (!stacks_free)
        co_sleep_us(20 * 1000000);
}

/* Every coroutine is taken: requests are refused without one, the connection goes on, and serves again later. */
static void no_coroutine_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    struct http_server *server = start();
    struct peer *peer = peer_open(server), *posting = peer_open(server);
    peer_ask(peer, GET("/a"), 200);
    stacks_free = false;
    while (co_spawn(hold_a_stack, NULL) == RESULT_OK)
        ;
    peer_say(peer, GET("/b") GET("/c"));
    for (int i = 0; i < 2; i++) {
        peer_reply(peer, false, &reply);
        assert_int_equal(reply.head.status, 503);
        assert_true(slice_equals(http_header_find(&reply.head, "retry-after"), SLICE("1")));
        assert_has(reply.body, "\"code\":\"overloaded\"");
        assert_true(reply.head.keep_alive);
    }
    peer_say(posting, "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n" GET("/smuggled"));
    peer_reply(posting, false, &reply);
    assert_int_equal(reply.head.status, 503);
    assert_false(reply.head.keep_alive);
    peer_expect_close(posting);
    peer_close(posting);
    stacks_free = true;
    co_cancel_all();
    assert_int_equal(served, 1);
    peer_close(peer);
    http_server_free(server);
}

static void drain_main(void *arg)
{
    http_server_drain(arg, TEST_DEADLINE_US);
    running = 1000;
}

static struct http_server *serve_draining(int delay_ms, int idle_ms)
{
    struct http_server *server = NULL;
    served = running = running_most = 0;
    release = (struct co_signal){ 0 };
    struct http_server_config config = { .listen = "127.0.0.1:0", .dispatch = dispatch, .drain_delay_ms = delay_ms, .drain_idle_ms = idle_ms };
    assert_int_equal(http_server_start(&config, &server), RESULT_OK);
    return server;
}

static void expect_last_answer(struct peer *peer)
{
    static struct peer_reply reply;
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 200);
    assert_false(reply.head.keep_alive);
    peer_expect_close(peer);
    peer_close(peer);
}

/* While anybody from before has a request to end or to bring, everybody is served, newcomers too, and told that it was the last. Then the
 * door closes. */
static void drain_body(void *arg)
{
    (void)arg;
    struct http_server *server = serve_draining(0, 10 * 1000);
    int port = http_server_port(server);
    struct peer *idle = peer_open(server), *busy = peer_open(server), *half = peer_open(server), *fresh = peer_open(server);
    peer_ask(idle, GET("/a"), 200);
    peer_say(busy, GET("/wait") GET("/never"));
    peer_say(half, "GET /half HTTP/1.1\r\n");
    peer_settle();
    assert_int_equal(co_spawn(drain_main, server), RESULT_OK);
    peer_settle();
    struct peer *late = peer_connect(port);
    peer_say(late, GET("/late"));
    expect_last_answer(late);
    peer_say(half, "Host: a\r\n\r\n");
    expect_last_answer(half);
    peer_say(idle, GET("/again"));
    expect_last_answer(idle);
    peer_say(fresh, GET("/first"));
    expect_last_answer(fresh);
    assert_int_equal(http_server_stats(server).requests_active, 1);
    assert_int_not_equal(running, 1000);
    late = peer_connect(port);   /* there before the door closes: served however late its request comes */
    co_signal_raise(&release);
    expect_last_answer(busy);
    co_sleep_us(HTTP_DRAIN_SETTLE_MS * 1500);
    struct stream *stream = NULL;
    assert_int_equal(stream_connect(SLICE("127.0.0.1"), port, TEST_DEADLINE_US, &stream), RESULT_CLOSED);
    peer_say(late, GET("/late"));
    expect_last_answer(late);
    while (running != 1000)
        co_sleep_us(0);
    assert_int_equal(served, 7);
    http_server_free(server);
}

/* Who says nothing until the end is told of it before the connection ends, and what crosses that on the wire is not taken up. */
static void drain_idle_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    struct http_server *server = serve_draining(0, 1);
    struct peer *idle = peer_open(server);
    peer_ask(idle, GET("/a"), 200);
    assert_int_equal(co_spawn(drain_main, server), RESULT_OK);
    while (http_server_stats(server).connections && !server->connections->dropped && server->connections->state != CONNECTION_LINGER)
        co_sleep_us(1000);
    peer_say(idle, "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    peer_reply(idle, false, &reply);
    assert_int_equal(reply.head.status, 408);
    assert_false(reply.head.keep_alive);
    peer_expect_close(idle);
    peer_close(idle);
    while (running != 1000)
        co_sleep_us(0);
    assert_int_equal(served, 1);
    http_server_free(server);
}

/* Connections that wait in the kernel when the door closes are let in first; the delay is for those who have not heard of it yet. */
static void drain_backlog_body(void *arg)
{
    (void)arg;
    struct http_server *server = serve_draining(300, 1000);
    int port = http_server_port(server);
    listen_pause(server->listener);
    struct peer *queued[8];
    for (size_t i = 0; i < 8; i++) {
        queued[i] = peer_connect(port);
        peer_say(queued[i], GET("/queued"));
    }
    const int64_t before_us = clock_monotonic_us();
    assert_int_equal(co_spawn(drain_main, server), RESULT_OK);
    for (size_t i = 0; i < 8; i++)
        expect_last_answer(queued[i]);
    while (running != 1000)
        co_sleep_us(0);
    assert_true(clock_monotonic_us() - before_us >= 300 * 1000);
    assert_int_equal(served, 8);
    http_server_free(server);
}

/* A drain whose deadline passes leaves the running request to itself; the freed server waits for it. */
static void drain_late_body(void *arg)
{
    (void)arg;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    peer_say(peer, GET("/wait"));
    peer_settle();
    http_server_drain(server, clock_monotonic_us() + 1000);
    assert_int_equal(http_server_stats(server).requests_active, 1);
    http_server_free(server);
    co_signal_raise(&release);
    static struct peer_reply reply;
    peer_reply(peer, false, &reply);
    assert_false(reply.head.keep_alive);
    peer_expect_close(peer);
    peer_close(peer);
}

static void taken_address_body(void *arg)
{
    (void)arg;
    struct http_server *server = start(), *second = NULL;
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", http_server_port(server));
    struct http_server_config config = { .listen = address, .dispatch = dispatch };
    assert_int_equal(http_server_start(&config, &second), RESULT_REFUSED);
    assert_null(second);
    http_server_free(server);
}

/* The same over a unix socket, whose file goes with the listener. */
static void unix_socket_body(void *arg)
{
    (void)arg;
    char path[64];
    snprintf(path, sizeof path, "/tmp/cuotas-test-%d.sock", (int)getpid());
    struct http_server *server = NULL;
    struct http_server_config config = { .listen = path, .dispatch = dispatch };
    assert_int_equal(http_server_start(&config, &server), RESULT_OK);
    assert_int_equal(http_server_port(server), 0);
    char url[96];
    snprintf(url, sizeof url, "unix:%s", path);
    struct work w = { .arena = arena_new(), .deadline_us = TEST_DEADLINE_US };
    struct upstream_request request = { .method = "GET", .target = SLICE("/peer") };
    struct upstream_reply reply;
    assert_int_equal(upstream_call(&w, upstream_for(url), &request, &reply), RESULT_OK);
    assert_true(slice_equals(reply.body, SLICE("unix")));
    arena_free(w.arena);
    upstream_close_all();
    peer_stop(server);
    assert_int_equal(access(path, F_OK), -1);
}

#define CO_TEST(name) static void name(void **state) { (void)state; run_co(name##_body, NULL); }
CO_TEST(simple) CO_TEST(splits) CO_TEST(pipeline) CO_TEST(keep_alive) CO_TEST(half_close) CO_TEST(leaving)
CO_TEST(request_limit) CO_TEST(full_table) CO_TEST(no_coroutine) CO_TEST(drain) CO_TEST(drain_idle)
CO_TEST(drain_backlog) CO_TEST(drain_late) CO_TEST(taken_address)
CO_TEST(unix_socket)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple),        cmocka_unit_test(splits),     cmocka_unit_test(pipeline),
        cmocka_unit_test(keep_alive),    cmocka_unit_test(half_close), cmocka_unit_test(leaving),
        cmocka_unit_test(request_limit), cmocka_unit_test(full_table), cmocka_unit_test(no_coroutine),
        cmocka_unit_test(drain),         cmocka_unit_test(drain_idle), cmocka_unit_test(drain_backlog),
        cmocka_unit_test(drain_late),    cmocka_unit_test(taken_address), cmocka_unit_test(unix_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
