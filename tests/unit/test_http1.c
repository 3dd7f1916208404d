/* The HTTP/1.x parser on what is right: fields of the head, framing, keep-alive, look-ups, every split, chunked bodies. */
#include "wire/http1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES(literal) { literal, sizeof(literal) - 1 }

static void assert_slice(struct slice got, const char *wanted)
{
    if (!slice_equals(got, slice_from_text(wanted)))
        fail_msg("got \"%.*s\", wanted \"%s\"", SLICE_FMT(got), wanted);
}

/* The head parsed last: a struct http_head is too large to hand around on the stack. */
static struct http_head head;

static const struct http_head *parse(const char *text)
{
    size_t used = 0;
    const char *why = "-";
    enum http_parse verdict = http_parse_request(slice_from_text(text), &head, &used, &why);
    if (verdict != HTTP_PARSE_OK || used != strlen(text))
        fail_msg("verdict %d, used %zu of %zu: %s", verdict, used, strlen(text), why);
    return &head;
}

static const struct http_head *parse_reply(const char *text, bool to_head)
{
    size_t used = 0;
    const char *why = "-";
    enum http_parse verdict = http_parse_reply(slice_from_text(text), to_head, &head, &used, &why);
    if (verdict != HTTP_PARSE_OK || used != strlen(text))
        fail_msg("verdict %d, used %zu of %zu: %s", verdict, used, strlen(text), why);
    return &head;
}

static void request_fields(void **state)
{
    (void)state;
    parse("POST /v1/orders?limit=2&q=a%20b HTTP/1.1\r\nHost: cuotas.example:8080\r\n"
                                  "content-TYPE:application/json\r\nX-Empty:\r\nX-Blank: \t spaced out \t\r\n"
                                  "X-Utf: \xc3\xb1\r\nContent-Length: 0012\r\n\r\n");
    assert_int_equal(head.method, HTTP_POST);
    assert_slice(head.target, "/v1/orders?limit=2&q=a%20b");
    assert_int_equal(head.minor, 1);
    assert_true(head.keep_alive);
    assert_int_equal(head.framing, HTTP_LENGTH);
    assert_int_equal(head.content_length, 12);
    assert_int_equal(head.header_count, 6);
    assert_slice(head.headers[1].name, "content-TYPE");
    assert_slice(http_header_find(&head, "content-type"), "application/json");
    assert_slice(http_header_find(&head, "x-blank"), "spaced out");
    assert_slice(http_header_find(&head, "x-utf"), "\xc3\xb1");
    assert_slice(http_header_find(&head, "x-empty"), "");
    assert_false(slice_is_none(http_header_find(&head, "x-empty")));
    assert_true(slice_is_none(http_header_find(&head, "x-absent")));
    assert_true(slice_is_none(http_header_find(&head, "content-typ")));
}

static void methods(void **state)
{
    (void)state;
    for (int i = 0; i < HTTP_METHODS; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: a\r\n\r\n", http_method_name((enum http_method)i));
        assert_int_equal(parse(text)->method, i);
    }
    assert_slice(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")->target, "*");
}

static void keep_alive(void **state)
{
    (void)state;
    static const struct {
        const char *version, *connection;
        bool wanted;
    } cases[] = {
        { "1.1", "X: y", true },
        { "1.1", "Connection: close", false },
        { "1.1", "Connection: Close", false },
        { "1.1", "Connection: keep-alive", true },
        { "1.1", "Connection: x, close ,y", false },
        { "1.1", "Connection: ,,close", false },
        { "1.1", "Connection: keep-alive\r\nConnection: close", false },
        { "1.1", "Connection: closed", true },
        { "1.1", "Connection:", true },
        { "1.0", "X: y", false },
        { "1.0", "Connection: Keep-Alive", true },
        { "1.0", "Connection: keep-alive, close", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "GET / HTTP/%s\r\nHost: a\r\n%s\r\n\r\n", cases[i].version, cases[i].connection);
        if (parse(text)->keep_alive != cases[i].wanted)
            fail_msg("%s %s", cases[i].version, cases[i].connection);
    }
}

static void framing_of_requests(void **state)
{
    (void)state;
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n")->framing, HTTP_NO_BODY);
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n")->content_length, -1);
    assert_int_equal(parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")->framing, HTTP_NO_BODY);
    assert_int_equal(parse("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")->framing, HTTP_LENGTH);
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n")->framing, HTTP_CHUNKED);
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n")->content_length, INT64_MAX);
    assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n")->minor, 0);
    assert_true(parse("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n")->expects_continue);
    assert_false(parse("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")->expects_continue);
    assert_false(parse("PUT / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")->expects_continue);
    assert_slice(parse("\r\nGET /later HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")->target, "/later");
}

static void framing_of_replies(void **state)
{
    (void)state;
    parse_reply("HTTP/1.1 201 Created\r\nContent-Length: 7\r\nLocation: /x\r\n\r\n", false);
    assert_int_equal(head.status, 201);
    assert_int_equal(head.framing, HTTP_LENGTH);
    assert_int_equal(head.content_length, 7);
    assert_true(head.keep_alive);
    assert_slice(http_header_find(&head, "location"), "/x");
    assert_int_equal(parse_reply("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n", false)->framing, HTTP_CHUNKED);
    parse_reply("HTTP/1.1 200 OK\r\n\r\n", false);
    assert_int_equal(head.framing, HTTP_UNTIL_CLOSE);
    assert_false(head.keep_alive);
    assert_int_equal(parse_reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false)->framing, HTTP_NO_BODY);
    parse_reply("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", true);
    assert_int_equal(head.framing, HTTP_NO_BODY);
    assert_int_equal(head.content_length, 7);
    assert_true(head.keep_alive);
    assert_int_equal(parse_reply("HTTP/1.1 204 No Content\r\n\r\n", false)->framing, HTTP_NO_BODY);
    assert_int_equal(parse_reply("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", false)->framing, HTTP_NO_BODY);
    assert_int_equal(parse_reply("HTTP/1.1 100 Continue\r\n\r\n", false)->status, 100);
    assert_false(parse_reply("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", false)->keep_alive);
}

/* Without slack behind the bytes, so that sanitizers see any read past the end. */
static enum http_parse parse_prefix(struct slice text, size_t size, bool reply)
{
    char *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy + 1, text.data, size);
    size_t used = 0;
    struct slice prefix = slice_of(copy + 1, size);
    enum http_parse verdict = reply ? http_parse_reply(prefix, false, &head, &used, NULL)
                                    : http_parse_request(prefix, &head, &used, NULL);
    free(copy);
    return verdict;
}

/* Cut anywhere, a good head is unfinished; whole, its size excludes what follows. */
static void every_split(void **state)
{
    (void)state;
    struct slice request = SLICE("\r\nPOST /v1/x?y=z HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: \r\n\r\n");
    for (size_t size = 0; size <= request.size; size++)
        assert_int_equal(parse_prefix(request, size, false), size < request.size ? HTTP_PARSE_MORE : HTTP_PARSE_OK);
    struct slice reply = SLICE("HTTP/1.1 200 All is well\r\nContent-Length: 3\r\nX: y\r\n\r\n");
    for (size_t size = 0; size <= reply.size; size++)
        assert_int_equal(parse_prefix(reply, size, true), size < reply.size ? HTTP_PARSE_MORE : HTTP_PARSE_OK);
    size_t used = 0;
    assert_int_equal(http_parse_request(SLICE("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /n"), &head, &used, NULL), HTTP_PARSE_OK);
    assert_int_equal(used, 27);
}

/* Decodes in steps; the body, and how many bytes of `in` belong to it. */
static size_t decode(struct slice in, size_t step, char *out, size_t *out_size)
{
    struct http_chunked chunked = { 0 };
    size_t at = 0;
    *out_size = 0;
    while (!chunked.done) {
        size_t used = 0, size = in.size - at < step ? in.size - at : step;
        struct slice data;
        assert_true(size > 0);
        assert_int_equal(http_chunked_next(&chunked, slice_of(in.data + at, size), &used, &data), HTTP_PARSE_OK);
        memcpy(out + *out_size, data.data, data.size);
        *out_size += data.size;
        at += used;
    }
    return at;
}

static void chunked_bodies(void **state)
{
    (void)state;
    static const struct {
        struct slice in;
        const char *body;
    } cases[] = {
        { BYTES("0\r\n\r\n"), "" },
        { BYTES("3\r\nabc\r\n0\r\n\r\n"), "abc" },
        { BYTES("3;a=b\r\nabc\r\n00;x=\"y z\"\r\n\r\n"), "abc" },
        { BYTES("3 ;a\r\nabc\r\nA\r\n0123456789\r\n000\r\n\r\n"), "abc0123456789" },
        { BYTES("1\r\n\r\r\n1\r\n\n\r\n0\r\nTrailer: x\r\nOther:\r\n\r\n"), "\r\n" },
        { BYTES("0000000a\r\n0123456789\r\n00000000\r\n\r\n"), "0123456789" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice in = cases[i].in;
        char follow[64], out[64];
        size_t size;
        memcpy(follow, in.data, in.size);
        memcpy(follow + in.size, "GET", 3);
        for (size_t step = 1; step <= in.size + 3; step++) {
            assert_int_equal(decode(slice_of(follow, in.size + 3), step, out, &size), in.size);
            assert_slice(slice_of(out, size), cases[i].body);
        }
    }
}

static void reasons(void **state)
{
    (void)state;
    assert_string_equal(http_reason(200), "OK");
    assert_string_equal(http_reason(431), "Request Header Fields Too Large");
    assert_string_equal(http_reason(299), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_fields),     cmocka_unit_test(methods),     cmocka_unit_test(keep_alive),
        cmocka_unit_test(framing_of_requests), cmocka_unit_test(framing_of_replies), cmocka_unit_test(every_split),
        cmocka_unit_test(chunked_bodies),     cmocka_unit_test(reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
