/* See http_script.h. Accepted connections wait in a small queue until the test asks for them. */
#include "http_script.h"

#include "base/clock.h"
#include "io/co.h"
#include "io/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEST_DEADLINE_US (clock_monotonic_us() + 20 * 1000000)
#define QUEUE_MAX 16

struct script {
    struct listener *listener;
    char url[64];
    unsigned accepted, taken;
    struct stream *queue[QUEUE_MAX];
    struct co_signal arrived;
};

static void script_accepted_one(void *arg, int fd, const struct address *from)
{
    (void)from;
    struct script *script = arg;
    assert_true(script->accepted - script->taken < QUEUE_MAX);
    script->queue[script->accepted++ % QUEUE_MAX] = stream_from_fd(fd);
    co_signal_raise(&script->arrived);
}

static struct script *script_listen(const char *address)
{
    struct script *script = calloc(1, sizeof *script);
    assert_non_null(script);
    struct listen_config config = { .address = address, .accepted = script_accepted_one, .arg = script };
    assert_int_equal(listen_start(&config, &script->listener), RESULT_OK);
    snprintf(script->url, sizeof script->url, "http://127.0.0.1:%d", listen_port(script->listener));
    return script;
}

struct script *script_start(void)
{
    return script_listen("127.0.0.1:0");
}

struct script *script_start_at(const char *url)
{
    return script_listen(url + strlen("http://"));
}

void script_stop(struct script *script)
{
    while (script->taken < script->accepted)
        stream_close(script->queue[script->taken++ % QUEUE_MAX]);
    listen_close(script->listener);
    free(script);
}

const char *script_url(const struct script *script)
{
    return script->url;
}

unsigned script_accepted(const struct script *script)
{
    return script->accepted;
}

struct peer *script_accept(struct script *script)
{
    while (script->taken == script->accepted)
        assert_int_equal(co_signal_wait(&script->arrived, TEST_DEADLINE_US), RESULT_OK);
    return peer_from(script->queue[script->taken++ % QUEUE_MAX]);
}

const struct http_head *script_request(struct peer *peer)
{
    static struct http_head head;
    size_t used = 0, got;
    for (;;) {
        struct slice unread = slice_of(peer->in + peer->begin, peer->end - peer->begin);
        enum http_parse verdict = http_parse_request(unread, &head, &used, NULL);
        peer->begin += used;
        if (verdict == HTTP_PARSE_OK)
            return &head;
        if (verdict != HTTP_PARSE_MORE)
            fail_msg("not a request: \"%.*s\"", SLICE_FMT(unread));
        assert_int_equal(stream_read(peer->stream, peer->in + peer->end, 4096, TEST_DEADLINE_US, &got), RESULT_OK);
        peer->end += got;
    }
}
