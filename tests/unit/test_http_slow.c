/* Slow clients, all at once because these limits are seconds long: a head that drips, a body that drips, one that is slow enough to
 * be right, a connection that idles longer than a head may take, and one that does not close after it was refused. */
#include "http_peer.h"

#include "http/connection.h"
#include "run_co.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000)

static struct http_server *server;
static unsigned finished;

static struct reply dispatch(struct request *rq)
{
    return request_read_all(rq, 100000) ? reply_ok(rq, work_int(&rq->work, (int64_t)rq->body.size)) : reply_problem(rq);
}

/* Sends `size` bytes every `pause_us` until `count` times or the other side says something. */
static void drip(struct peer *peer, const char *bytes, size_t size, int64_t pause_us, int count)
{
    size_t got = 0;
    for (int i = 0; i < count && got == 0; i++) {
        peer_send(peer, slice_of(bytes, size));
        enum result result = stream_read(peer->stream, peer->in + peer->end, 4096, clock_monotonic_us() + pause_us, &got);
        assert_true(result == RESULT_OK || result == RESULT_TIMEOUT);
        peer->end += got;
    }
}

static void expect_timeout(struct peer *peer, int64_t began_us)
{
    static struct peer_reply reply;
    peer_reply(peer, false, &reply);
    int64_t took_us = clock_monotonic_us() - began_us;
    assert_int_equal(reply.head.status, 408);
    assert_false(reply.head.keep_alive);
    assert_has(reply.body, "\"code\":\"request_timeout\"");
    assert_true(took_us > 4900 * INT64_C(1000) && took_us < 15 * SECOND);
    peer_expect_close(peer);
    peer_close(peer);
}

static void slow_head(void *arg)
{
    (void)arg;
    struct peer *peer = peer_open(server);
    int64_t began_us = clock_monotonic_us();
    peer_say(peer, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    drip(peer, "y", 1, SECOND / 10, 200);
    expect_timeout(peer, began_us);
    finished++;
}

static void slow_body(void *arg)
{
    (void)arg;
    struct peer *peer = peer_open(server);
    int64_t began_us = clock_monotonic_us();
    peer_say(peer, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n");
    drip(peer, "yyyyyyyyyy", 10, SECOND / 10, 200);
    expect_timeout(peer, began_us);
    finished++;
}

static void steady_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    static const char piece[1000];
    struct peer *peer = peer_open(server);
    peer_say(peer, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 31000\r\n\r\n");
    drip(peer, piece, sizeof piece, SECOND / 5, 31);   /* 6.2 s at 5 kB/s */
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 200);
    assert_true(slice_equals(reply.body, SLICE("31000")));
    peer_close(peer);
    finished++;
}

static void idle(void *arg)
{
    (void)arg;
    size_t got;
    struct peer *peer = peer_open(server);
    peer_say(peer, "GET / HT");   /* sets the head's timer, */
    peer_settle();
    peer_ask(peer, "TP/1.1\r\nHost: a\r\n\r\n", 200);   /* which then finds an idle connection */
    assert_int_equal(stream_read(peer->stream, peer->in, 1, clock_monotonic_us() + 6 * SECOND, &got), RESULT_TIMEOUT);
    peer_ask(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200);
    peer_close(peer);
    finished++;
}

static void stays_after_refusal(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    struct peer *peer = peer_open(server);
    peer_say(peer, "NONSENSE");
    peer_say(peer, " \r\n\r\n");
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 501);
    peer_expect_close(peer);
    const struct http_connection *first = server->connections;
    assert_int_equal(first->state, CONNECTION_LINGER);
    while (server->connections)   /* ours stays open: theirs goes by its own deadline */
        co_sleep_us(SECOND / 20);
    peer_close(peer);
}

static void slow_clients_body(void *arg)
{
    (void)arg;
    server = peer_serve(dispatch);
    stays_after_refusal(NULL);
    void (*const clients[])(void *) = { slow_head, slow_body, steady_body, idle };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(co_spawn(clients[i], NULL), RESULT_OK);
    while (finished < 4)
        co_sleep_us(SECOND / 20);
    peer_stop(server);
}

static void slow_clients(void **state)
{
    (void)state;
    run_co(slow_clients_body, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(slow_clients) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
