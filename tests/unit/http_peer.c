/* See http_peer.h. A peer owns its stream; its buffer only grows within one reply. Everything that reads or writes suspends. */
#include "http_peer.h"

#include "base/clock.h"
#include "io/co.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#define TEST_DEADLINE_US (clock_monotonic_us() + 20 * 1000000)

struct http_server *peer_serve(struct reply (*dispatch)(struct request *rq))
{
    struct http_server *server = NULL;
    struct http_server_config config = { .listen = "127.0.0.1:0", .dispatch = dispatch };
    assert_int_equal(http_server_start(&config, &server), RESULT_OK);
    assert_true(http_server_port(server) > 0);
    return server;
}

void peer_stop(struct http_server *server)
{
    http_server_drain(server, TEST_DEADLINE_US);
    assert_int_equal(http_server_stats(server).connections, 0);
    assert_int_equal(http_server_stats(server).requests_active, 0);
    http_server_free(server);
}

struct peer *peer_from(struct stream *stream)
{
    struct peer *peer = malloc(sizeof *peer);
    assert_non_null(peer);
    peer->stream = stream;
    peer->begin = peer->end = 0;
    peer->ended = false;
    return peer;
}

struct peer *peer_connect(int port)
{
    struct stream *stream = NULL;
    assert_int_equal(stream_connect(SLICE("127.0.0.1"), port, TEST_DEADLINE_US, &stream), RESULT_OK);
    return peer_from(stream);
}

struct peer *peer_open(const struct http_server *server)
{
    return peer_connect(http_server_port(server));
}

void peer_send(struct peer *peer, struct slice bytes)
{
    struct iovec part = { (char *)bytes.data, bytes.size };
    if (bytes.size > 0)
        assert_int_equal(stream_write(peer->stream, &part, 1, TEST_DEADLINE_US), RESULT_OK);
}

void peer_say(struct peer *peer, const char *text)
{
    peer_send(peer, slice_from_text(text));
}

void peer_settle(void)
{
    for (int turn = 0; turn < 4; turn++)   /* accepted, registered, read, run as a coroutine */
        co_sleep_us(0);                    /* one turn of the loop */
}

void peer_end(struct peer *peer)
{
    assert_int_equal(shutdown(stream_fd(peer->stream), SHUT_WR), 0);
}

static bool peer_fill(struct peer *peer)
{
    size_t got = 0;
    if (peer->ended)
        return false;
    assert_true(peer->end < PEER_BYTES_MAX);
    enum result result = stream_read(peer->stream, peer->in + peer->end, PEER_BYTES_MAX - peer->end, TEST_DEADLINE_US, &got);
    peer->end += got;
    if (result != RESULT_OK && result != RESULT_CLOSED)
        fail_msg("nothing came: %s", result_name(result));
    peer->ended = result == RESULT_CLOSED;
    return result == RESULT_OK;
}

static void peer_read_head(struct peer *peer, bool to_head, struct http_head *head)
{
    for (;;) {
        const char *why = "-";
        size_t used = 0;
        struct slice unread = slice_of(peer->in + peer->begin, peer->end - peer->begin);
        enum http_parse verdict = http_parse_reply(unread, to_head, head, &used, &why);
        peer->begin += used;
        if (verdict == HTTP_PARSE_OK)
            return;
        if (verdict != HTTP_PARSE_MORE)
            fail_msg("not a reply: %s\n%.*s", why, SLICE_FMT(unread));
        if (!peer_fill(peer))
            fail_msg("closed instead of a reply, after \"%.*s\"", SLICE_FMT(unread));
    }
}

/* Chunks are decoded in place: the body is never longer than what it came as. */
static size_t peer_read_chunked(struct peer *peer, char *body)
{
    struct http_chunked chunked = { 0 };
    size_t size = 0;
    while (!chunked.done) {
        size_t used = 0;
        struct slice data;
        if (peer->begin == peer->end && !peer_fill(peer))
            fail_msg("closed inside a chunked body");
        struct slice unread = slice_of(peer->in + peer->begin, peer->end - peer->begin);
        assert_int_equal(http_chunked_next(&chunked, unread, &used, &data), HTTP_PARSE_OK);
        memmove(body + size, data.data, data.size);
        size += data.size;
        peer->begin += used;
    }
    return size;
}

void peer_reply(struct peer *peer, bool to_head, struct peer_reply *out)
{
    memmove(peer->in, peer->in + peer->begin, peer->end - peer->begin);
    peer->end -= peer->begin;
    peer->begin = 0;
    peer_read_head(peer, to_head, &out->head);
    char *body = peer->in + peer->begin;
    size_t size = 0;
    if (out->head.framing == HTTP_CHUNKED)
        size = peer_read_chunked(peer, body);
    else if (out->head.framing == HTTP_LENGTH)
        size = (size_t)out->head.content_length;
    while (out->head.framing == HTTP_UNTIL_CLOSE && peer_fill(peer))
        ;
    if (out->head.framing == HTTP_UNTIL_CLOSE)
        size = peer->end - peer->begin;
    while (out->head.framing == HTTP_LENGTH && peer->end - peer->begin < size)
        if (!peer_fill(peer))
            fail_msg("closed inside a body");
    if (out->head.framing != HTTP_CHUNKED)
        peer->begin += size;
    out->body = slice_of(body, size);
}

struct slice peer_ask(struct peer *peer, const char *request, int status)
{
    static struct peer_reply reply;
    peer_say(peer, request);
    peer_reply(peer, strncmp(request, "HEAD ", 5) == 0, &reply);
    if (reply.head.status != status)
        fail_msg("status %d instead of %d: %.*s", reply.head.status, status, SLICE_FMT(reply.body));
    return reply.body;
}

struct slice peer_read_all(struct peer *peer)
{
    while (peer_fill(peer))
        ;
    struct slice all = slice_of(peer->in + peer->begin, peer->end - peer->begin);
    peer->begin = peer->end;
    return all;
}

void peer_expect_close(struct peer *peer)
{
    struct slice rest = peer_read_all(peer);
    if (rest.size > 0)
        fail_msg("more instead of the end: %.*s", SLICE_FMT(rest));
}

void peer_close(struct peer *peer)
{
    stream_close(peer->stream);
    free(peer);
}

void assert_has(struct slice haystack, const char *needle)
{
    if (!memmem(haystack.data, haystack.size, needle, strlen(needle)))
        fail_msg("no \"%s\" in: %.*s", needle, SLICE_FMT(haystack));
}
