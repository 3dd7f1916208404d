/* Request bodies over real sockets: framing at every cut, limits, 100 Continue, bodies nobody reads, broken ones. */
#include "http_peer.h"

#include "run_co.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX 100

static unsigned served;
static enum result last_read;

/* Echoes the body, read as the path says. */
static struct reply dispatch(struct request *rq)
{
    static const struct route streaming = { .streams_body = true, .body_max = BODY_MAX };
    served++;
    if (slice_equals(rq->path, SLICE("/all")))
        return request_read_all(rq, BODY_MAX) ? reply_ok(rq, arena_copy(rq->work.arena, rq->body)) : reply_problem(rq);
    if (slice_equals(rq->path, SLICE("/large")))
        return request_read_all(rq, 300 * 1024) ? reply_ok(rq, work_int(&rq->work, (int64_t)rq->body.size)) : reply_problem(rq);
    if (slice_equals(rq->path, SLICE("/declared")))
        return reply_ok(rq, work_int(&rq->work, request_body_declared(rq)));
    if (!slice_equals(rq->path, SLICE("/pieces")))
        return reply_ok(rq, SLICE("unread"));
    rq->route = &streaming;
    char *data = ARENA_ARRAY(rq->work.arena, char, BODY_MAX + 8);
    size_t size = 0, got = 1;
    while (got > 0 && (last_read = request_read(rq, data + size, 7, &got)) == RESULT_OK)
        size += got;
    return last_read == RESULT_OK ? reply_ok(rq, slice_of(data, size)) : reply_problem(rq);
}

static struct http_server *start(void)
{
    served = 0;
    return peer_serve(dispatch);
}

#define HEAD(path) "POST " path " HTTP/1.1\r\nHost: a\r\n"
#define LENGTH(path, n) HEAD(path) "Content-Length: " #n "\r\n\r\n"
#define CHUNKED(path) HEAD(path) "Transfer-Encoding: chunked\r\n\r\n"
#define AFTER "GET /after HTTP/1.1\r\nHost: a\r\n\r\n"

static void assert_ask(struct peer *peer, const char *request, int status, const char *body)
{
    struct slice got = peer_ask(peer, request, status);
    if (!slice_equals(got, slice_from_text(body)))
        fail_msg("got \"%.*s\" instead of \"%s\"", SLICE_FMT(got), body);
}

static void framing_body(void *arg)
{
    (void)arg;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    static const char *const paths[] = { "/all", "/pieces" };
    for (size_t i = 0; i < 2; i++) {
        char text[256];
        snprintf(text, sizeof text, HEAD("%s") "Content-Length: 11\r\n\r\nhello world", paths[i]);
        assert_ask(peer, text, 200, "hello world");
        snprintf(text, sizeof text, HEAD("%s") "\r\n", paths[i]);
        assert_ask(peer, text, 200, "");
        snprintf(text, sizeof text, HEAD("%s") "Content-Length: 0\r\n\r\n", paths[i]);
        assert_ask(peer, text, 200, "");
        snprintf(text, sizeof text, CHUNKED("%s") "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: 1\r\n\r\n", paths[i]);
        assert_ask(peer, text, 200, "hello world");
        snprintf(text, sizeof text, CHUNKED("%s") "0\r\n\r\n", paths[i]);
        assert_ask(peer, text, 200, "");
    }
    assert_ask(peer, "GET /all HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 200, "abc");
    assert_ask(peer, LENGTH("/declared", 3) "abc", 200, "3");
    assert_ask(peer, CHUNKED("/declared") "0\r\n\r\n", 200, "-1");
    assert_ask(peer, HEAD("/declared") "\r\n", 200, "0");
    peer_close(peer);
    peer_stop(server);
}

static void cuts_body(void *arg)
{
    (void)arg;
    static const char *const requests[] = {
        LENGTH("/all", 11) "hello world", LENGTH("/pieces", 11) "hello world",
        CHUNKED("/all") "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: 1\r\n\r\n",
        CHUNKED("/pieces") "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: 1\r\n\r\n",
    };
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        for (size_t at = 1; at < strlen(requests[i]); at++) {
            peer_send(peer, slice_of(requests[i], at));
            peer_settle();
            peer_say(peer, requests[i] + at);
            assert_ask(peer, "", 200, "hello world");
        }
    peer_close(peer);
    peer_stop(server);
}

/* Longer than the buffer it passes through. */
static void long_one_body(void *arg)
{
    (void)arg;
    static char body[200 * 1024];
    memset(body, 'x', sizeof body);
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    peer_say(peer, LENGTH("/large", 204800));
    peer_send(peer, slice_of(body, sizeof body));
    assert_ask(peer, "", 200, "204800");
    peer_say(peer, CHUNKED("/large"));
    for (size_t at = 0; at < sizeof body; at += 4096) {
        peer_say(peer, "1000\r\n");
        peer_send(peer, slice_of(body, 4096));
        peer_say(peer, "\r\n");
    }
    assert_ask(peer, "0\r\n\r\n", 200, "204800");
    assert_ask(peer, AFTER, 200, "unread");
    peer_close(peer);
    peer_stop(server);
}

/* What is refused, with its status; the connection then ends and nothing behind it is a request. */
static void refused_body(void *arg)
{
    (void)arg;
    static const struct {
        const char *request;
        int status;
        const char *code;
    } cases[] = {
        { LENGTH("/all", 101), 413, "\"code\":\"body_too_large\"" },
        { LENGTH("/pieces", 101), 413, "\"code\":\"body_too_large\"" },
        { LENGTH("/all", 9223372036854775807), 413, "\"detail\":\"the body may have at most 100 bytes\"" },
        { CHUNKED("/all") "65\r\n12345678901234567890123456789012345678901234567890"
                          "123456789012345678901234567890123456789012345678901\r\n0\r\n\r\n" AFTER, 413, "body_too_large" },
        { CHUNKED("/pieces") "ffffffff\r\n1234567890123456789012345678901234567890123456789012345678901234567890"
                             "1234567890123456789012345678901234567890" AFTER, 413, "body_too_large" },
        { CHUNKED("/all") "5\r\nhello6\r\n world\r\n0\r\n\r\n" AFTER, 400, "\"code\":\"bad_request\"" },
        { CHUNKED("/pieces") "0x5\r\nhello\r\n0\r\n\r\n" AFTER, 400, "\"code\":\"bad_request\"" },
    };
    static struct peer_reply reply;
    struct http_server *server = start();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer *peer = peer_open(server);
        peer_say(peer, cases[i].request);
        peer_reply(peer, false, &reply);
        if (reply.head.status != cases[i].status)
            fail_msg("%zu: status %d: %.*s", i, reply.head.status, SLICE_FMT(reply.body));
        assert_has(reply.body, cases[i].code);
        assert_false(reply.head.keep_alive);
        peer_expect_close(peer);
        peer_close(peer);
    }
    assert_int_equal(served, sizeof cases / sizeof *cases);
    peer_stop(server);
}

/* The refusal of a large body is read even by a client that goes on sending for a while. */
static void refused_while_sending_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    static char body[128 * 1024];
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    peer_say(peer, LENGTH("/all", 131072));
    for (size_t at = 0; at < sizeof body; at += 16 * 1024) {
        peer_send(peer, slice_of(body + at, 16 * 1024));
        peer_settle();
    }
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 413);
    peer_expect_close(peer);
    peer_close(peer);
    peer_stop(server);
}

static void interim_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    static const char *const asked[] = {
        HEAD("/all") "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n",
        HEAD("/pieces") "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n",
    };
    for (size_t i = 0; i < 2; i++) {
        peer_ask(peer, asked[i], 100);
        assert_ask(peer, "abc", 200, "abc");
    }
    /* Sent without waiting: no interim reply. */
    assert_ask(peer, HEAD("/all") "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, "abc");
    /* HTTP/1.0 knows none. */
    peer_say(peer, "POST /all HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    peer_settle();
    assert_ask(peer, "abc", 200, "abc");
    /* Nobody asks for it: the final reply comes at once, and the connection ends, since the body may come or not. */
    peer_say(peer, HEAD("/unread") "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 200);
    assert_false(reply.head.keep_alive);
    peer_expect_close(peer);
    peer_close(peer);
    peer = peer_open(server);
    peer_say(peer, HEAD("/all") "Content-Length: 101\r\nExpect: 100-continue\r\n\r\n");
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 413);
    assert_false(reply.head.keep_alive);
    peer_expect_close(peer);
    peer_close(peer);
    peer_stop(server);
}

/* Bodies nobody reads are dropped when they are small, and end the connection when not; they are never requests. */
static void unread_body(void *arg)
{
    (void)arg;
    static struct peer_reply reply;
    static const char *const small[] = {
        HEAD("/unread") "Content-Length: 39\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: aaaaa\r\n\r\n",
        CHUNKED("/unread") "27\r\nGET /smuggled HTTP/1.1\r\nHost: aaaaa\r\n\r\n\r\n0\r\n\r\n",
        "HEAD /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 39\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: aaaaa\r\n\r\n",
    };
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        peer_ask(peer, small[i], 200);
        assert_ask(peer, AFTER, 200, "unread");
    }
    /* Still on its way when the reply went out. */
    assert_ask(peer, LENGTH("/unread", 5) "ab", 200, "unread");
    peer_settle();
    assert_ask(peer, "cde" AFTER, 200, "unread");
    assert_int_equal(served, 8);

    peer_say(peer, LENGTH("/unread", 100000));
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 200);
    assert_false(reply.head.keep_alive);
    peer_say(peer, AFTER);
    peer_expect_close(peer);
    assert_int_equal(served, 9);
    peer_close(peer);

    /* An endless chunked body: told to go on, then dropped. */
    static char chunk[8 * 1024 + 8] = "2000\r\n";
    memcpy(chunk + 6 + 8192, "\r\n", 2);
    peer = peer_open(server);
    peer_say(peer, CHUNKED("/unread"));
    for (int i = 0; i < 12; i++)
        peer_send(peer, slice_of(chunk, sizeof chunk));
    peer_reply(peer, false, &reply);
    assert_int_equal(reply.head.status, 200);
    peer_expect_close(peer);
    peer_close(peer);
    peer_stop(server);
}

static void cut_short_body(void *arg)
{
    (void)arg;
    static const char *const requests[] = { LENGTH("/pieces", 5) "abc", CHUNKED("/pieces") "5\r\nabc", CHUNKED("/pieces") "3\r\nabc\r\n" };
    static struct peer_reply reply;
    struct http_server *server = start();
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct peer *peer = peer_open(server);
        peer_say(peer, requests[i]);
        peer_settle();
        peer_end(peer);   /* it can still read */
        peer_reply(peer, false, &reply);
        assert_int_equal(reply.head.status, 400);
        assert_int_equal(last_read, RESULT_CLOSED);
        assert_has(reply.body, "the body ended before it was complete");
        peer_expect_close(peer);
        peer_close(peer);

        peer = peer_open(server);
        peer_say(peer, requests[i]);
        peer_settle();
        last_read = RESULT_OK;
        peer_close(peer);   /* it is gone */
        while (http_server_stats(server).connections > 0)
            co_sleep_us(0);
        assert_int_equal(last_read, RESULT_CLOSED);
    }
    peer_stop(server);
}

#define CO_TEST(name) static void name(void **state) { (void)state; run_co(name##_body, NULL); }
CO_TEST(framing) CO_TEST(cuts) CO_TEST(long_one) CO_TEST(refused) CO_TEST(refused_while_sending) CO_TEST(interim) CO_TEST(unread)
CO_TEST(cut_short)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(framing), cmocka_unit_test(cuts),     cmocka_unit_test(long_one),
        cmocka_unit_test(refused), cmocka_unit_test(refused_while_sending), cmocka_unit_test(interim),
        cmocka_unit_test(unread),  cmocka_unit_test(cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
