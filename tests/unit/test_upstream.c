/* The client of our own services against scripted answers: framing at every cut, refusals of the grammar, stale connections,
 * deadlines, the pool's bounds, and a service's refusal taken over. */
#include "http_script.h"

#include "gen/problems.h"
#include "http/upstream_pool.h"
#include "run_co.h"

#include <stdio.h>
#include <stdlib.h>

static struct work new_work(void)
{
    return (struct work){
        .arena = arena_new(),
        .deadline_us = TEST_DEADLINE_US,
        .traceparent = SLICE("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    };
}

/* A call in a coroutine of its own, so that the test can play the other side. */
struct call {
    struct work work;
    struct upstream *up;
    struct upstream_request request;
    struct upstream_reply reply;
    enum result result;
    bool done;
};

static void call_main(void *arg)
{
    struct call *call = arg;
    call->result = upstream_call(&call->work, call->up, &call->request, &call->reply);
    call->done = true;
}

static struct call *call_begin_at(const char *url, const char *method, struct slice body, bool repeatable)
{
    struct call *call = calloc(1, sizeof *call);
    assert_non_null(call);
    call->work = new_work();
    call->up = upstream_for(url);
    call->request = (struct upstream_request){
        .method = method, .target = SLICE("/v1/x?y=1"), .headers = SLICE("X-One: 1\r\n"), .body = body, .repeatable = repeatable,
    };
    assert_int_equal(co_spawn(call_main, call), RESULT_OK);
    return call;
}

static struct call *call_begin(struct script *script, const char *method, struct slice body, bool repeatable)
{
    return call_begin_at(script_url(script), method, body, repeatable);
}

static enum result call_end(struct call *call)
{
    while (!call->done)
        co_sleep_us(0);
    return call->result;
}

static void call_free(struct call *call)
{
    arena_free(call->work.arena);
    free(call);
}

static void assert_header(const struct http_head *head, const char *name, const char *value)
{
    struct slice got = http_header_find(head, name);
    if (!slice_equals(got, slice_from_text(value)) || slice_is_none(got) != !value)
        fail_msg("%s is \"%.*s\"", name, SLICE_FMT(got));
}

static void requests_body(void *arg)
{
    (void)arg;
    struct script *script = script_start();
    struct call *call = call_begin(script, "POST", SLICE("{\"a\":1}"), false);
    struct peer *peer = script_accept(script);
    const struct http_head *head = script_request(peer);
    assert_int_equal(head->method, HTTP_POST);
    assert_true(slice_equals(head->target, SLICE("/v1/x?y=1")));
    assert_header(head, "host", script_url(script) + strlen("http://"));
    assert_header(head, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    assert_header(head, "content-type", "application/json");
    assert_header(head, "content-length", "7");
    assert_header(head, "x-one", "1");
    peer_say(peer, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nLocation: /v1/x/1\r\n\r\n{}");
    assert_int_equal(call_end(call), RESULT_OK);
    assert_int_equal(call->reply.status, 201);
    assert_header(call->reply.head, "location", "/v1/x/1");
    assert_true(slice_equals(call->reply.body, SLICE("{}")));
    call_free(call);
    peer->begin += 7;
    call = call_begin(script, "GET", SLICE_NONE, true);   /* on the same connection */
    head = script_request(peer);
    assert_header(head, "content-length", NULL);
    assert_header(head, "content-type", NULL);
    peer_say(peer, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(call_end(call), RESULT_OK);
    assert_int_equal(call->reply.status, 404);
    call_free(call);
    call = call_begin(script, "POST", SLICE_NONE, true);
    assert_header(script_request(peer), "content-length", "0");
    peer_say(peer, "HTTP/1.1 204 No Content\r\n\r\n");
    assert_int_equal(call_end(call), RESULT_OK);
    call_free(call);
    assert_int_equal(script_accepted(script), 1);
    peer_close(peer);
    upstream_close_all();
    script_stop(script);
}

struct answer {
    const char *method, *bytes;
    int status;
    const char *body;
    bool kept;      /* the connection can be used again */
    bool until_end; /* the reply ends with the connection */
};

static const struct answer answers[] = {
    { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true, false },
    { "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhe\r\n3\r\nllo\r\n0\r\nT: 1\r\n\r\n", 200, "hello", true, false },
    { "GET", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello", false, true },
    { "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false, false },
    { "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false, false },
    { "GET", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      200, "hello", true, false },
    { "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, "", true, false },
    { "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "", true, false },
    { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n", 200, "hello", false, false },   /* speaks out of turn */
};

static void play_answer(struct script *script, struct peer **peer, const struct answer *answer, size_t cut)
{
    struct call *call = call_begin(script, answer->method, SLICE_NONE, true);
    if (!*peer)
        *peer = script_accept(script);
    script_request(*peer);
    peer_send(*peer, slice_of(answer->bytes, cut));
    peer_settle();
    peer_say(*peer, answer->bytes + cut);
    if (answer->until_end)
        peer_end(*peer);
    if (call_end(call) != RESULT_OK || call->reply.status != answer->status)
        fail_msg("%s cut at %zu: %s, status %d", answer->bytes, cut, result_name(call->result), call->reply.status);
    if (!slice_equals(call->reply.body, slice_from_text(answer->body)))
        fail_msg("%s cut at %zu: body %.*s", answer->bytes, cut, SLICE_FMT(call->reply.body));
    call_free(call);
    if (answer->kept)
        return;
    peer_expect_close(*peer);
    peer_close(*peer);
    *peer = NULL;
}

static void play_answers_body(void *arg)
{
    (void)arg;
    struct script *script = script_start();
    struct peer *peer = NULL;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        for (size_t cut = 0; cut <= strlen(answers[i].bytes); cut++)
            play_answer(script, &peer, &answers[i], cut);
    if (peer)
        peer_close(peer);
    upstream_close_all();
    script_stop(script);
}

/* Answers that cannot be used. */
static void unusable_body(void *arg)
{
    (void)arg;
    static const struct {
        const char *bytes;
        enum result result;
        bool ends;
    } cases[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", RESULT_MALFORMED, false },
        { "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", RESULT_MALFORMED, false },
        { "SSH-2.0-OpenSSH\r\n", RESULT_MALFORMED, false },
        { "HTTP/1.1 101 Switching Protocols\r\n\r\n", RESULT_MALFORMED, false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", RESULT_MALFORMED, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", RESULT_MALFORMED, true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", RESULT_MALFORMED, true },
        { "HTTP/1.1 200 O", RESULT_MALFORMED, true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n", RESULT_TOO_LARGE, false },
    };
    struct script *script = script_start();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct call *call = call_begin(script, "GET", SLICE_NONE, true);
        struct peer *peer = script_accept(script);
        script_request(peer);
        peer_say(peer, cases[i].bytes);
        if (cases[i].ends)
            peer_end(peer);
        if (call_end(call) != cases[i].result)
            fail_msg("%s: %s", cases[i].bytes, result_name(call->result));
        call_free(call);
        peer_expect_close(peer);
        peer_close(peer);
    }
    assert_int_equal(script_accepted(script), sizeof cases / sizeof *cases);   /* none was tried twice */
    upstream_close_all();
    script_stop(script);
}

static struct peer *answer_once(struct script *script, struct peer *peer)
{
    struct call *call = call_begin(script, "GET", SLICE_NONE, true);
    if (!peer)
        peer = script_accept(script);
    script_request(peer);
    peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(call_end(call), RESULT_OK);
    call_free(call);
    return peer;
}

static void stale_body(void *arg)
{
    (void)arg;
    struct script *script = script_start();
    struct upstream *up = upstream_for(script_url(script));
    /* Closed while idle: noticed by the loop, never used. */
    struct peer *peer = answer_once(script, NULL);
    assert_int_equal(up->idle_count, 1);
    peer_close(peer);
    peer_settle();
    assert_int_equal(up->idle_count, 0);
    assert_int_equal(up->count, 0);
    /* Closed when the request arrives: sent again on a new connection. */
    peer = answer_once(script, NULL);
    struct call *call = call_begin(script, "GET", SLICE_NONE, true);
    script_request(peer);
    peer_close(peer);
    peer = script_accept(script);
    script_request(peer);
    peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(call_end(call), RESULT_OK);
    call_free(call);
    assert_int_equal(script_accepted(script), 3);
    /* So is what a new connection took and did not answer, as often as there are tries. */
    call = call_begin(script, "GET", SLICE_NONE, true);
    script_request(peer);
    peer_close(peer);
    for (int try = 1; try < UPSTREAM_TRIES; try++) {
        peer = script_accept(script);
        script_request(peer);
        peer_close(peer);
    }
    assert_int_equal(call_end(call), RESULT_CLOSED);
    call_free(call);
    assert_int_equal(script_accepted(script), 3 + UPSTREAM_TRIES - 1);
    peer = answer_once(script, NULL);
    /* Not when it may not be repeated, */
    call = call_begin(script, "POST", SLICE("{}"), false);
    script_request(peer);
    peer_close(peer);
    assert_int_equal(call_end(call), RESULT_CLOSED);
    call_free(call);
    assert_int_equal(script_accepted(script), 6);
    /* nor when something was answered. */
    peer = answer_once(script, NULL);
    call = call_begin(script, "GET", SLICE_NONE, true);
    script_request(peer);
    peer_say(peer, "H");
    peer_settle();
    peer_close(peer);
    assert_int_equal(call_end(call), RESULT_MALFORMED);
    call_free(call);
    assert_int_equal(script_accepted(script), 7);
    /* Too old: not used any more. */
    peer = answer_once(script, NULL);
    up->idle->idle_since_us -= UPSTREAM_IDLE_TIMEOUT_MS * INT64_C(1000) + 1;
    struct peer *second = answer_once(script, NULL);
    peer_expect_close(peer);
    peer_close(peer);
    peer_close(second);
    upstream_close_all();
    script_stop(script);
}

#define PARTING "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

/* The other side ends a connection in the very moment a request comes, and says so: nothing was taken up, whatever it was. */
static void parting_body(void *arg)
{
    (void)arg;
    struct script *script = script_start();
    struct upstream *up = upstream_for(script_url(script));
    struct peer *peer = answer_once(script, NULL);
    struct call *call = call_begin(script, "POST", SLICE("{}"), false);
    script_request(peer);
    peer_say(peer, PARTING);
    struct peer *second = script_accept(script);
    script_request(second);
    peer_say(second, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(call_end(call), RESULT_OK);
    assert_int_equal(call->reply.status, 201);
    call_free(call);
    peer_close(peer);
    /* Said while nothing was on it, it is just the end of an idle connection. */
    assert_int_equal(up->idle_count, 1);
    peer_say(second, PARTING);
    peer_settle();
    assert_int_equal(up->idle_count, 0);
    peer_close(second);
    /* A 408 that keeps the connection is an answer like any other. */
    call = call_begin(script, "POST", SLICE("{}"), false);
    peer = script_accept(script);
    script_request(peer);
    peer_say(peer, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(call_end(call), RESULT_OK);
    assert_int_equal(call->reply.status, 408);
    call_free(call);
    peer_close(peer);
    peer_settle();
    /* Nobody is asked for ever. */
    call = call_begin(script, "POST", SLICE("{}"), false);
    for (int try = 0; try < UPSTREAM_TRIES; try++) {
        peer = script_accept(script);
        script_request(peer);
        peer_say(peer, PARTING);
        peer_close(peer);
    }
    assert_int_equal(call_end(call), RESULT_CLOSED);
    call_free(call);
    upstream_close_all();
    script_stop(script);
}

/* An answer that ends its connection tells of a process on its way out: the idle neighbours are ended by us, before it does. */
static void neighbours_body(void *arg)
{
    (void)arg;
    struct script *script = script_start();
    struct upstream *up = upstream_for(script_url(script));
    struct call *first = call_begin(script, "GET", SLICE_NONE, true), *second = call_begin(script, "GET", SLICE_NONE, true);
    struct peer *one = script_accept(script), *two = script_accept(script);
    script_request(one);
    script_request(two);
    peer_say(one, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer_settle();
    assert_int_equal(up->idle_count, 1);
    peer_say(two, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(call_end(first), RESULT_OK);
    assert_int_equal(call_end(second), RESULT_OK);
    call_free(first);
    call_free(second);
    assert_int_equal(up->idle_count, 0);
    peer_expect_close(one);
    peer_expect_close(two);
    peer_close(one);
    peer_close(two);
    upstream_close_all();
    script_stop(script);
}

/* A service that is being replaced: nobody listens for a moment. Those who ask wait for it, one of them looking; when it stays away
 * they all fail, and then whoever comes fails at once. */
static void replaced_body(void *arg)
{
    (void)arg;
    struct script *script = script_start();
    char url[64];
    snprintf(url, sizeof url, "%s", script_url(script));
    struct upstream *up = upstream_for(url);
    struct peer *peer = answer_once(script, NULL);
    peer_close(peer);
    script_stop(script);
    peer_settle();
    struct call *calls[5];
    for (size_t i = 0; i < 5; i++)
        calls[i] = call_begin_at(url, "POST", SLICE("{}"), false);
    while (!up->down_since_us)
        co_sleep_us(1000);
    script = script_start_at(url);
    for (size_t i = 0; i < 5; i++) {
        peer = script_accept(script);
        script_request(peer);
        peer_say(peer, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        peer_close(peer);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(call_end(calls[i]), RESULT_OK);
        call_free(calls[i]);
    }
    assert_int_equal(up->down_since_us, 0);
    script_stop(script);
    peer_settle();
    struct call *call = call_begin_at(url, "GET", SLICE_NONE, true);
    while (!up->down_since_us)
        co_sleep_us(1000);
    up->down_since_us -= UPSTREAM_DOWN_GRACE_MS * INT64_C(1000);
    assert_int_equal(call_end(call), RESULT_CLOSED);
    call_free(call);
    const int64_t before_us = clock_monotonic_us();
    call = call_begin_at(url, "GET", SLICE_NONE, true);
    assert_int_equal(call_end(call), RESULT_CLOSED);
    assert_true(clock_monotonic_us() - before_us < UPSTREAM_DOWN_GRACE_MS * INT64_C(1000) / 2);
    call_free(call);
    upstream_close_all();
}

static void deadlines_body(void *arg)
{
    (void)arg;
    struct script *script = script_start();
    struct call *call = call_begin(script, "GET", SLICE_NONE, true);
    call->work.deadline_us = clock_monotonic_us() + 20 * 1000;
    struct peer *peer = script_accept(script);
    script_request(peer);
    peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    assert_int_equal(call_end(call), RESULT_TIMEOUT);
    call_free(call);
    peer_expect_close(peer);
    peer_close(peer);
    /* Nobody listens. */
    char url[64];
    snprintf(url, sizeof url, "%s", script_url(script));
    script_stop(script);
    peer_settle();
    upstream_for(url)->down_since_us = 1;   /* since long ago */
    struct work w = new_work();
    struct upstream_reply reply;
    assert_int_equal(upstream_call(&w, upstream_for(url), &(struct upstream_request){ .method = "GET", .target = SLICE("/") }, &reply),
                     RESULT_CLOSED);
    arena_free(w.arena);
    assert_int_equal(upstream_for(url)->count, 0);
    upstream_close_all();
}

/* An answer that comes before all of the body was sent. */
static void early_answer_body(void *arg)
{
    (void)arg;
    static char large[4 * 1024 * 1024];
    struct script *script = script_start();
    struct call *call = call_begin(script, "POST", slice_of(large, sizeof large), false);
    struct peer *peer = script_accept(script);
    script_request(peer);
    peer_say(peer, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    for (size_t got; stream_read(peer->stream, peer->in, PEER_BYTES_MAX, TEST_DEADLINE_US, &got) == RESULT_OK;)
        ;   /* it lingers, as ours does */
    assert_int_equal(call_end(call), RESULT_OK);
    assert_int_equal(call->reply.status, 413);
    call_free(call);
    peer_close(peer);
    upstream_close_all();
    script_stop(script);
}

static void refusals_body(void *arg)
{
    (void)arg;
    static const struct {
        const char *bytes;
        const char *code;
        int status, retry_after_s;
        bool body_kept;
    } cases[] = {
        { "HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\n\r\n"
          "{\"code\":\"conflict\",\"detail\":\"no\"}", "conflict", 409, 0, true },
        { "HTTP/1.1 418 Teapot\r\nContent-Type: application/problem+json; charset=utf-8\r\n\r\n"
          "{\"title\":\"New\",\"code\":\"not_yet_here\"}", "not_yet_here", 418, 0, true },
        { "HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Type: application/problem+json\r\n\r\n"
          "{\"code\":\"overloaded\"}", "overloaded", 503, 9, true },
        { "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n\r\nOops", "unavailable", 503, 0, false },
        { "HTTP/1.1 400 Bad\r\nContent-Type: application/problem+json\r\n\r\n{{{{", "unavailable", 503, 0, false },
        { "HTTP/1.1 400 Bad\r\nContent-Type: application/problem+json\r\n\r\n{}", "unavailable", 503, 0, false },
        { "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "unavailable", 503, 0, false },
        { "HTTP/9", "bad_gateway", 502, 0, false },
    };
    struct script *script = script_start();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct call *call = call_begin(script, "GET", SLICE_NONE, true);
        struct peer *peer = script_accept(script);
        script_request(peer);
        peer_say(peer, cases[i].bytes);
        peer_end(peer);
        call_end(call);
        assert_null(upstream_fail(&call->work, call->result, &call->reply));
        const struct failure *failure = &call->work.failure;
        assert_non_null(failure->problem);
        assert_string_equal(failure->problem->code, cases[i].code);
        assert_int_equal(failure->problem->status, cases[i].status);
        assert_int_equal(failure->retry_after_s, cases[i].retry_after_s);
        assert_int_equal(!slice_is_none(failure->body), cases[i].body_kept);
        call_free(call);
        peer_close(peer);
        peer_settle();
    }
    upstream_close_all();
    script_stop(script);
}

/* ---- the pool's bounds, against a real server ---- */

static unsigned waiting, answered, turned_away;

static struct reply wait_dispatch(struct request *rq)
{
    waiting++;
    while (waiting < UPSTREAM_CONNECTIONS_MAX)
        co_sleep_us(0);
    return reply_ok(rq, SLICE("{}"));
}

static void pool_call(void *arg)
{
    struct work w = new_work();
    struct upstream_reply reply;
    struct upstream_request request = { .method = "GET", .target = SLICE("/") };
    enum result result = upstream_call(&w, arg, &request, &reply);
    assert_true(result == RESULT_OK ? reply.status == 200 : result == RESULT_BUSY);
    if (result == RESULT_OK)
        answered++;
    else
        turned_away++;
    arena_free(w.arena);
}

static void pool_body(void *arg)
{
    (void)arg;
    char url[64];
    struct http_server *server = peer_serve(wait_dispatch);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", http_server_port(server));
    struct upstream *up = upstream_for(url);
    assert_ptr_equal(up, upstream_for(url));
    unsigned calls = UPSTREAM_CONNECTIONS_MAX + UPSTREAM_WAITING_MAX + 10;
    waiting = answered = turned_away = 0;
    for (unsigned i = 0; i < calls; i++)
        assert_int_equal(co_spawn(pool_call, up), RESULT_OK);
    while (waiting < UPSTREAM_CONNECTIONS_MAX)
        co_sleep_us(0);
    assert_int_equal(turned_away, 10);   /* at once: the line is full */
    /* Nor does one that cannot wait get in. */
    struct work w = new_work();
    struct upstream_reply reply;
    w.deadline_us = 0;
    assert_int_equal(upstream_call(&w, up, &(struct upstream_request){ .method = "GET", .target = SLICE("/") }, &reply), RESULT_BUSY);
    arena_free(w.arena);
    while (answered + turned_away < calls) {
        assert_true(up->count <= UPSTREAM_CONNECTIONS_MAX);
        assert_true(http_server_stats(server).connections <= UPSTREAM_CONNECTIONS_MAX);
        co_sleep_us(0);
    }
    assert_null(up->first);
    assert_true(up->idle_count <= UPSTREAM_IDLE_MAX);
    upstream_close_all();
    peer_stop(server);
}

/* All connections stay taken: who waits hears so after its moment in line, not after its whole time. */
static bool let_go;

static struct reply hold_dispatch(struct request *rq)
{
    while (!let_go)
        co_sleep_us(1000);
    return reply_ok(rq, SLICE("{}"));
}

static void line_body(void *arg)
{
    (void)arg;
    char url[64];
    struct http_server *server = peer_serve(hold_dispatch);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", http_server_port(server));
    let_go = false;
    answered = turned_away = 0;
    for (unsigned i = 0; i < UPSTREAM_CONNECTIONS_MAX + 5; i++)
        assert_int_equal(co_spawn(pool_call, upstream_for(url)), RESULT_OK);
    while (turned_away < 5)
        co_sleep_us(1000);
    assert_int_equal(answered, 0);
    let_go = true;
    while (answered < UPSTREAM_CONNECTIONS_MAX)
        co_sleep_us(1000);
    assert_int_equal(upstream_for(url)->waiting, 0);
    upstream_close_all();
    peer_stop(server);
}

/* It takes connections and says nothing: after the probe nobody waits for it any more, until it answers the probe. */
static void silence_body(void *arg)
{
    (void)arg;
    struct script *script = script_start();
    struct call *call = call_begin(script, "GET", SLICE_NONE, true);
    struct peer *mute = script_accept(script), *probe = script_accept(script);
    script_request(mute);
    assert_true(slice_equals(script_request(probe)->target, SLICE("/livez")));
    struct upstream *up = upstream_for(script_url(script));
    while (!up->silent)
        co_sleep_us(10000);
    struct work w = new_work();
    struct upstream_reply reply;
    assert_int_equal(upstream_call(&w, up, &(struct upstream_request){ .method = "GET", .target = SLICE("/") }, &reply), RESULT_BUSY);
    arena_free(w.arena);
    struct peer *again = script_accept(script);
    script_request(again);
    peer_say(again, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    while (up->silent || up->watching)
        co_sleep_us(10000);
    peer_say(mute, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(call_end(call), RESULT_OK);
    call_free(call);
    peer_close(mute);
    peer_close(probe);
    peer_close(again);
    upstream_close_all();
    script_stop(script);
}

#define CO_TEST(name) static void name(void **state) { (void)state; run_co(name##_body, NULL); }
CO_TEST(requests) CO_TEST(play_answers) CO_TEST(unusable) CO_TEST(stale) CO_TEST(deadlines) CO_TEST(parting) CO_TEST(neighbours)
CO_TEST(replaced) CO_TEST(early_answer) CO_TEST(refusals)
CO_TEST(pool) CO_TEST(line) CO_TEST(silence)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),  cmocka_unit_test(play_answers),      cmocka_unit_test(unusable), cmocka_unit_test(stale),
        cmocka_unit_test(parting),   cmocka_unit_test(neighbours),        cmocka_unit_test(replaced),
        cmocka_unit_test(deadlines), cmocka_unit_test(early_answer), cmocka_unit_test(refusals), cmocka_unit_test(pool),
        cmocka_unit_test(line),      cmocka_unit_test(silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
