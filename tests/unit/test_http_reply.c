/* Replies over real sockets: whole and streaming, HEAD, header lines, problem documents, handlers that misbehave. */
#include "http_peer.h"

#include "gen/problems.h"
#include "http/problem.h"
#include "run_co.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

static enum result piece_result, end_result;
static struct reply finished_reply;
static unsigned finished_count;

static struct reply failing(struct request *rq)
{
    work_fail(&rq->work, &PROBLEM_validation_failed, "two fields are wrong");
    work_fail_field(&rq->work, &PROBLEM_validation_failed, SLICE("/lines/0/quantity"), "range", "must be at least %d", 1);
    work_fail_field(&rq->work, &PROBLEM_validation_failed, SLICE("query:\"q\""), "unknown_field", "no such \"parameter\"");
    return reply_problem(rq);
}

/* "/stream/<length or chunked>/<pieces>": pieces of 5 bytes. */
static SUSPENDS struct reply stream_it(struct request *rq)
{
    struct slice pieces, length = slice_cut(slice_of(rq->path.data + 8, rq->path.size - 8), '/', &pieces);
    int64_t announced = -1, count = 0;
    bool known = slice_to_int64(length, &announced), counted = slice_to_int64(pieces, &count);
    assert_true(known || announced == -1);
    assert_true(counted);
    assert_int_equal(reply_start(rq, 200, SLICE("Content-Type: text/plain\r\n"), known ? announced : -1), RESULT_OK);
    piece_result = RESULT_OK;
    for (int64_t i = 0; i < count && piece_result == RESULT_OK; i++)
        piece_result = reply_write(rq, SLICE("12345"));
    if (!slice_equals(length, SLICE("11")))
        end_result = reply_end(rq);
    return (struct reply){ .status = 0 };
}

static struct reply dispatch(struct request *rq)
{
    struct slice path = rq->path;
    if (slice_starts_with(path, SLICE("/stream/")))
        return stream_it(rq);
    if (slice_equals(path, SLICE("/fail")))
        return failing(rq);
    if (slice_equals(path, SLICE("/nothing")))
        return (struct reply){ .status = 0 };
    if (slice_equals(path, SLICE("/unexplained")))
        return reply_problem(rq);
    if (slice_equals(path, SLICE("/twice"))) {
        assert_int_equal(reply_start(rq, 200, SLICE_NONE, 2), RESULT_OK);
        return reply_ok(rq, SLICE("{}"));
    }
    if (slice_equals(path, SLICE("/stored"))) {
        rq->work.failure = (struct failure){ .problem = &PROBLEM_conflict, .body = SLICE("{\"code\":\"stored\"}"), .retry_after_s = 7 };
        return reply_problem(rq);
    }
    if (slice_equals(path, SLICE("/empty")))
        return (struct reply){ .status = 204 };
    if (slice_equals(path, SLICE("/created"))) {
        struct reply reply = reply_created(rq, SLICE("{\"id\":7}"));
        reply_header(rq, &reply, "Location", SLICE("/v1/x/7\r\nEvil: 1"));
        reply_header(rq, &reply, "ETag", SLICE("\"1\""));
        return reply;
    }
    return reply_ok(rq, SLICE("{}"));
}

static void finished(struct request *rq, const struct reply *reply, int64_t started_us)
{
    assert_true(started_us > 0 && started_us <= clock_monotonic_us());
    assert_int_equal(rq->work.trace_id.size, 32);
    finished_reply = *reply;
    finished_count++;
}

static struct http_server *start(void)
{
    struct http_server *server = NULL;
    struct http_server_config config = { .listen = "127.0.0.1:0", .dispatch = dispatch, .finished = finished };
    assert_int_equal(http_server_start(&config, &server), RESULT_OK);
    return server;
}

static struct peer_reply reply;

static void ask(struct peer *peer, const char *method, const char *path, int status)
{
    char text[128];
    snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: a\r\n\r\n", method, path);
    peer_say(peer, text);
    peer_reply(peer, strcmp(method, "HEAD") == 0, &reply);
    if (reply.head.status != status)
        fail_msg("%s: status %d: %.*s", path, reply.head.status, SLICE_FMT(reply.body));
}

static void assert_header(const char *name, const char *value)
{
    struct slice got = http_header_find(&reply.head, name);
    if (!slice_equals(got, slice_from_text(value)) || slice_is_none(got) != !value)
        fail_msg("%s is \"%.*s\"", name, SLICE_FMT(got));
}

static void whole_body(void *arg)
{
    (void)arg;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    ask(peer, "GET", "/x", 200);
    assert_header("content-length", "2");
    ask(peer, "HEAD", "/x", 200);
    assert_header("content-length", "2");
    assert_header("content-type", "application/json");
    ask(peer, "GET", "/empty", 204);
    assert_header("content-length", NULL);
    assert_header("content-type", NULL);
    ask(peer, "POST", "/created", 201);
    assert_header("location", "/v1/x/7  Evil: 1");   /* a value cannot end its line */
    assert_header("evil", NULL);
    assert_header("etag", "\"1\"");
    assert_true(slice_equals(reply.body, SLICE("{\"id\":7}")));
    assert_int_equal(finished_reply.status, 201);
    ask(peer, "GET", "/x", 200);
    assert_int_equal(finished_count, 5);
    peer_close(peer);
    peer_stop(server);
}

static const char *member(const cJSON *object, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    assert_true(cJSON_IsString(value));
    return value->valuestring;
}

static void problems_body(void *arg)
{
    (void)arg;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    ask(peer, "GET", "/fail", 422);
    assert_header("content-type", "application/problem+json");
    assert_header("retry-after", NULL);
    cJSON *json = cJSON_ParseWithLength(reply.body.data, reply.body.size);
    assert_non_null(json);
    assert_string_equal(member(json, "type"), "urn:cuotas:problem:validation_failed");
    assert_string_equal(member(json, "code"), "validation_failed");
    assert_string_equal(member(json, "title"), PROBLEM_validation_failed.title);
    assert_string_equal(member(json, "detail"), "two fields are wrong");
    assert_int_equal(cJSON_GetObjectItem(json, "status")->valueint, 422);
    assert_header("x-request-id", member(json, "trace_id"));
    const cJSON *errors = cJSON_GetObjectItem(json, "errors");
    assert_int_equal(cJSON_GetArraySize(errors), 2);
    assert_string_equal(member(cJSON_GetArrayItem(errors, 0), "pointer"), "/lines/0/quantity");
    assert_string_equal(member(cJSON_GetArrayItem(errors, 0), "code"), "range");
    assert_string_equal(member(cJSON_GetArrayItem(errors, 0), "detail"), "must be at least 1");
    assert_string_equal(member(cJSON_GetArrayItem(errors, 1), "detail"), "no such \"parameter\"");
    cJSON_Delete(json);
    ask(peer, "GET", "/stored", 409);
    assert_header("content-type", "application/problem+json");
    assert_header("retry-after", "7");
    assert_true(slice_equals(reply.body, SLICE("{\"code\":\"stored\"}")));
    /* Handlers that break their promises. */
    ask(peer, "GET", "/nothing", 500);
    assert_has(reply.body, "\"code\":\"internal\"");
    ask(peer, "GET", "/unexplained", 500);
    assert_has(reply.body, "\"code\":\"internal\"");
    assert_int_equal(finished_reply.status, 500);
    ask(peer, "GET", "/x", 200);
    peer_say(peer, "GET /twice HTTP/1.1\r\nHost: a\r\n\r\n");
    peer_expect_close(peer);   /* nothing was sent yet, and nothing can be */
    peer_close(peer);
    peer_stop(server);
}

static void streaming_body(void *arg)
{
    (void)arg;
    struct http_server *server = start();
    struct peer *peer = peer_open(server);
    ask(peer, "GET", "/stream/10/2", 200);
    assert_header("content-length", "10");
    assert_header("content-type", "text/plain");
    assert_true(slice_equals(reply.body, SLICE("1234512345")));
    assert_int_equal(finished_reply.status, 200);
    ask(peer, "GET", "/stream/0/0", 200);
    assert_header("content-length", "0");
    ask(peer, "GET", "/stream/chunked/3", 200);
    assert_header("transfer-encoding", "chunked");
    assert_true(slice_equals(reply.body, SLICE("123451234512345")));
    ask(peer, "GET", "/stream/chunked/0", 200);
    assert_int_equal(reply.body.size, 0);
    ask(peer, "HEAD", "/stream/10/2", 200);
    assert_header("content-length", "10");
    ask(peer, "HEAD", "/stream/chunked/2", 200);
    assert_header("transfer-encoding", NULL);
    /* HTTP/1.0 has no chunks: until the end. */
    peer_say(peer, "GET /stream/chunked/2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    peer_reply(peer, false, &reply);
    assert_header("transfer-encoding", NULL);
    assert_header("content-length", NULL);
    assert_true(slice_equals(reply.body, SLICE("1234512345")));
    peer_close(peer);
    peer_stop(server);
}

/* What was announced is what is sent, or the connection ends visibly short. */
static void announced_body(void *arg)
{
    (void)arg;
    static const struct {
        const char *path;
        enum result piece, end;
        const char *sent;
    } cases[] = {
        { "/stream/8/2", RESULT_TOO_LARGE, RESULT_CLOSED, "\r\n\r\n12345" },
        { "/stream/12/2", RESULT_OK, RESULT_FAILED, "\r\n\r\n1234512345" },
        { "/stream/11/2", RESULT_OK, RESULT_OK, "\r\n\r\n1234512345" },   /* never ended */
    };
    struct http_server *server = start();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer *peer = peer_open(server);
        char text[128];
        end_result = RESULT_OK;
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].path);
        peer_say(peer, text);
        struct slice all = peer_read_all(peer);
        assert_int_equal(piece_result, cases[i].piece);
        assert_int_equal(end_result, cases[i].end);
        size_t size = strlen(cases[i].sent);
        assert_true(all.size > size);
        assert_true(slice_equals(slice_of(all.data + all.size - size, size), slice_from_text(cases[i].sent)));
        peer_close(peer);
    }
    peer_stop(server);
}

/* The one table from results to problems names a problem for every result. */
static void result_table(void **state)
{
    (void)state;
    assert_ptr_equal(problem_of_body(RESULT_TOO_LARGE), &PROBLEM_body_too_large);
    assert_ptr_equal(problem_of_body(RESULT_TIMEOUT), &PROBLEM_request_timeout);
    assert_ptr_equal(problem_of_upstream(RESULT_TIMEOUT), &PROBLEM_gateway_timeout);
    assert_ptr_equal(problem_of_upstream(RESULT_CLOSED), &PROBLEM_unavailable);
    assert_ptr_equal(problem_of_upstream(RESULT_MALFORMED), &PROBLEM_bad_gateway);
    for (int result = RESULT_OK; result <= RESULT_FAILED; result++) {
        assert_true(problem_of_body((enum result)result)->status >= 400);
        assert_true(problem_of_upstream((enum result)result)->status >= 500);
    }
}

#define CO_TEST(name) static void name(void **state) { (void)state; run_co(name##_body, NULL); }
CO_TEST(whole) CO_TEST(problems) CO_TEST(streaming) CO_TEST(announced)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),     cmocka_unit_test(problems),     cmocka_unit_test(streaming),
        cmocka_unit_test(announced), cmocka_unit_test(result_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
