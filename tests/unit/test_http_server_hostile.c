/* Every hostile input of http1_hostile.h against a listening server: answered with its status in a problem document, then
 * closed, and nothing behind it ever runs as a request; whole and byte by byte. */
#include "http1_hostile.h"
#include "http_peer.h"

#include "run_co.h"

#include <stdio.h>
#include <stdlib.h>

#define SMUGGLED SLICE("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
#define COUNT(array) (sizeof(array) / sizeof *(array))

static unsigned served, smuggled;

static struct reply dispatch(struct request *rq)
{
    served++;
    smuggled += slice_equals(rq->path, SLICE("/smuggled"));
    return request_read_all(rq, 1000) ? reply_ok(rq, SLICE("{}")) : reply_problem(rq);
}

static void send_slowly(struct peer *peer, struct slice bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        struct iovec part = { (char *)bytes.data + i, 1 };
        if (stream_write(peer->stream, &part, 1, TEST_DEADLINE_US) != RESULT_OK)
            return;   /* refused early and closed */
        co_sleep_us(0);
    }
}

static void check_refused(struct http_server *server, const struct hostile *h, struct slice bytes, bool slowly)
{
    static struct peer_reply reply;
    struct peer *peer = peer_open(server);
    if (slowly)
        send_slowly(peer, bytes);
    else
        peer_send(peer, bytes);
    peer_reply(peer, false, &reply);
    if (reply.head.status != hostile_status(h->verdict) || reply.head.keep_alive)
        fail_msg("%s: status %d, %.*s", h->name, reply.head.status, SLICE_FMT(reply.body));
    assert_has(http_header_find(&reply.head, "content-type"), "application/problem+json");
    assert_has(reply.body, "\"trace_id\":\"");
    peer_expect_close(peer);
    peer_close(peer);
    if (smuggled)
        fail_msg("%s: its tail ran as a request", h->name);
}

static void heads_body(void *arg)
{
    const bool *slowly = arg;
    served = smuggled = 0;
    struct http_server *server = peer_serve(dispatch);
    for (size_t i = 0; i < COUNT(hostile_heads); i++)
        check_refused(server, &hostile_heads[i], hostile_heads[i].bytes, *slowly);
    assert_int_equal(served, 0);
    assert_int_equal(http_server_stats(server).rejected, COUNT(hostile_heads));
    peer_stop(server);
}

static void chunks_body(void *arg)
{
    const bool *slowly = arg;
    served = smuggled = 0;
    struct http_server *server = peer_serve(dispatch);
    for (size_t i = 0; i < COUNT(hostile_chunks); i++) {
        const struct slice head = SLICE("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        const struct slice body = hostile_chunks[i].bytes, parts[] = { head, body, SMUGGLED };
        char text[512];
        size_t size = 0;
        for (size_t part = 0; part < COUNT(parts); part++) {
            memcpy(text + size, parts[part].data, parts[part].size);
            size += parts[part].size;
        }
        check_refused(server, &hostile_chunks[i], slice_of(text, size), *slowly);
    }
    assert_int_equal(served, COUNT(hostile_chunks));
    peer_stop(server);
}

static void limits_body(void *arg)
{
    (void)arg;
    static char target[HTTP_TARGET_BYTES_MAX + 64], header[HTTP_HEAD_BYTES_MAX + 64];
    struct http_server *server = peer_serve(dispatch);
    memcpy(target, "GET /", 5);
    memset(target + 5, 'a', HTTP_TARGET_BYTES_MAX);
    check_refused(server, &(struct hostile){ .name = "long target", .verdict = HTTP_PARSE_TARGET_TOO_LONG },
                  slice_of(target, HTTP_TARGET_BYTES_MAX + 5), false);
    memset(header, 'a', sizeof header);
    memcpy(header, "GET / HTTP/1.1\r\nHost: a\r\nX: ", 28);
    check_refused(server, &(struct hostile){ .name = "large head", .verdict = HTTP_PARSE_HEAD_TOO_LARGE },
                  slice_of(header, HTTP_HEAD_BYTES_MAX), false);
    check_refused(server, &(struct hostile){ .name = "larger head", .verdict = HTTP_PARSE_HEAD_TOO_LARGE },
                  slice_of(header, sizeof header), false);
    peer_stop(server);
}

static void heads(void **state)
{
    (void)state;
    run_co(heads_body, &(bool){ false });
    run_co(heads_body, &(bool){ true });
}

static void chunks(void **state)
{
    (void)state;
    run_co(chunks_body, &(bool){ false });
    run_co(chunks_body, &(bool){ true });
}

static void limits(void **state)
{
    (void)state;
    run_co(limits_body, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(heads), cmocka_unit_test(chunks), cmocka_unit_test(limits) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
