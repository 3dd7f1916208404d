/* Both halves together, as the gateway uses them: a server whose handler streams requests and replies through to a scripted
 * service. Lengths, chunks, HEAD, bodies larger than any buffer, services that break off. */
#include "http_script.h"

#include "http/problem.h"
#include "http/upstream.h"
#include "run_co.h"

#include <stdio.h>
#include <stdlib.h>

static struct script *script;
static struct http_server *server;
static struct peer *client;
static struct peer_reply reply;

static SUSPENDS enum result pass_request(struct request *rq, struct upstream_exchange *x)
{
    char piece[1000], line[32];
    size_t got = 1;
    bool chunked = request_body_declared(rq) < 0;
    struct slice head = arena_printf(rq->work.arena, "%s %.*s HTTP/1.1\r\nHost: b\r\n%s\r\n", http_method_name(rq->head->method),
                                     SLICE_FMT(rq->head->target), chunked ? "Transfer-Encoding: chunked\r\n" : "");
    enum result result = upstream_send(x, head, SLICE_NONE);
    while (chunked && result == RESULT_OK && got > 0 && (result = request_read(rq, piece, sizeof piece, &got)) == RESULT_OK) {
        int size = snprintf(line, sizeof line, "%zx\r\n", got);
        result = upstream_send(x, slice_of(line, (size_t)size), slice_of(piece, got));
        if (result == RESULT_OK)
            result = upstream_send(x, SLICE("\r\n"), SLICE_NONE);
    }
    return result;
}

static SUSPENDS enum result pass_reply(struct request *rq, struct upstream_exchange *x, const struct http_head *head)
{
    struct slice piece = SLICE(" ");
    enum result result = reply_start(rq, head->status, SLICE_NONE, upstream_body_length(x));
    while (result == RESULT_OK && (result = upstream_read(x, &piece)) == RESULT_OK && piece.size > 0)
        result = reply_write(rq, piece);
    return result == RESULT_OK ? reply_end(rq) : result;
}

static struct reply dispatch(struct request *rq)
{
    struct upstream_exchange *x = NULL;
    const struct http_head *head = NULL;
    enum result result = upstream_open(&rq->work, upstream_for(script_url(script)), &x);
    if (result == RESULT_OK && (result = pass_request(rq, x)) == RESULT_OK)
        result = upstream_read_head(x, rq->head->method == HTTP_HEAD, &head);
    if (head)
        (void)!pass_reply(rq, x, head);
    if (x)
        upstream_finish(x);
    if (head)
        return (struct reply){ .status = 0 };
    upstream_fail(&rq->work, result, NULL);
    return reply_problem(rq);
}

static void begin(void)
{
    script = script_start();
    server = peer_serve(dispatch);
    client = peer_open(server);
}

static void end(void)
{
    peer_close(client);
    peer_stop(server);
    upstream_close_all();
    script_stop(script);
}

static void replies_body(void *arg)
{
    (void)arg;
    static const struct {
        const char *method, *bytes;
        int status;
        const char *body, *length, *coding;
    } cases[] = {
        { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", "5", NULL },
        { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", "0", NULL },
        { "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, "hello", NULL, "chunked" },
        { "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "", "5", NULL },
        { "HEAD", "HTTP/1.1 200 OK\r\n\r\n", 200, "", NULL, NULL },
        { "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", NULL, NULL },
        { "GET", "HTTP/1.1 304 Not Modified\r\n\r\n", 304, "", NULL, NULL },
    };
    begin();
    struct peer *service = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s /x HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].method);
        peer_say(client, text);
        service = service ? service : script_accept(script);
        assert_true(slice_equals(script_request(service)->target, SLICE("/x")));
        peer_say(service, cases[i].bytes);
        peer_reply(client, strcmp(cases[i].method, "HEAD") == 0, &reply);
        assert_int_equal(reply.head.status, cases[i].status);
        assert_true(slice_equals(reply.body, slice_from_text(cases[i].body)));
        assert_true(slice_equals(http_header_find(&reply.head, "content-length"), slice_from_text(cases[i].length)));
        assert_true(slice_equals(http_header_find(&reply.head, "transfer-encoding"), slice_from_text(cases[i].coding)));
        assert_true(reply.head.keep_alive);
    }
    assert_int_equal(script_accepted(script), 1);
    peer_close(service);
    end();
}

/* The service says more than fits any buffer while the client does not read: all of it arrives. */
static void backpressure_body(void *arg)
{
    (void)arg;
    static char piece[64 * 1024];
    const size_t pieces = 300;
    begin();
    peer_say(client, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    struct peer *service = script_accept(script);
    script_request(service);
    char head[64];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", pieces * sizeof piece);
    peer_say(service, head);
    size_t sent = 0, received = 0, total = pieces * sizeof piece;
    struct iovec part = { piece, sizeof piece };
    while (sent < total && stream_write(service->stream, &part, 1, clock_monotonic_us() + 200 * 1000) == RESULT_OK)
        sent += sizeof piece;
    assert_true(sent < total);   /* it was held back: the rest cannot be written whole any more */
    stream_close(service->stream);
    service->stream = NULL;
    while (!client->ended) {
        size_t got;
        client->ended = stream_read(client->stream, client->in, PEER_BYTES_MAX, TEST_DEADLINE_US, &got) != RESULT_OK;
        received += got;
    }
    assert_true(received >= sent && received < total);   /* visibly short: the connection ended */
    free(service);
    end();
}

static void requests_body(void *arg)
{
    (void)arg;
    begin();
    peer_say(client, "POST /import HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    struct peer *service = script_accept(script);
    peer_reply(client, false, &reply);
    assert_int_equal(reply.head.status, 100);
    assert_int_equal(script_request(service)->framing, HTTP_CHUNKED);
    static char piece[3000];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 20; i++) {
        peer_say(client, "bb8\r\n");
        peer_send(client, slice_of(piece, sizeof piece));
        peer_say(client, "\r\n");
    }
    peer_say(client, "0\r\n\r\n");
    size_t size = 0, used = 0, got = 0;
    struct http_chunked chunked = { 0 };
    struct slice data;
    while (!chunked.done) {
        if (service->begin == service->end) {
            assert_int_equal(stream_read(service->stream, service->in + service->end, 4096, TEST_DEADLINE_US, &got), RESULT_OK);
            service->end += got;
        }
        assert_int_equal(http_chunked_next(&chunked, slice_of(service->in + service->begin, service->end - service->begin), &used,
                                           &data), HTTP_PARSE_OK);
        service->begin += used;
        size += data.size;
    }
    assert_int_equal(size, 20 * sizeof piece);
    peer_say(service, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}");
    peer_reply(client, false, &reply);
    assert_int_equal(reply.head.status, 201);
    peer_close(service);
    end();
}

static void broken_services_body(void *arg)
{
    (void)arg;
    begin();
    for (int i = 0; i < 2; i++) {   /* refused before a byte of the reply went out: said so */
        peer_say(client, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
        struct peer *service = script_accept(script);
        script_request(service);
        if (i == 0)
            peer_say(service, "garbage\r\n\r\n");
        peer_close(service);
        peer_reply(client, false, &reply);
        assert_int_equal(reply.head.status, i == 0 ? 502 : 503);
        assert_true(reply.head.keep_alive);
    }
    /* Broken off inside a body: nothing can be said any more, the connection ends short. */
    peer_say(client, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    struct peer *service = script_accept(script);
    script_request(service);
    peer_say(service, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    peer_settle();
    peer_close(service);
    struct slice all = peer_read_all(client);
    assert_has(all, "Transfer-Encoding: chunked");
    assert_has(all, "5\r\nhello\r\n");
    assert_null(memmem(all.data, all.size, "\r\n0\r\n", 5));
    end();
}

/* The client goes away while the service answers: the exchange ends, nothing is left. */
static void client_leaves_body(void *arg)
{
    (void)arg;
    begin();
    peer_say(client, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    struct peer *service = script_accept(script);
    script_request(service);
    peer_close(client);
    client = peer_open(server);
    peer_say(service, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    static char piece[64 * 1024];
    struct iovec part = { piece, sizeof piece };
    while (stream_write(service->stream, &part, 1, TEST_DEADLINE_US) == RESULT_OK)
        ;   /* until the exchange is dropped */
    peer_close(service);
    end();
}

#define CO_TEST(name) static void name(void **state) { (void)state; run_co(name##_body, NULL); }
CO_TEST(replies) CO_TEST(backpressure) CO_TEST(requests) CO_TEST(broken_services) CO_TEST(client_leaves)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies),         cmocka_unit_test(backpressure), cmocka_unit_test(requests),
        cmocka_unit_test(broken_services), cmocka_unit_test(client_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
