/* Every hostile input of http1_hostile.h against the parser: refused with the right verdict, also when it arrives byte by
 * byte, and never accepted at any prefix. The limits, from both sides. */
#include "http1_hostile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A copy without slack behind it, so that sanitizers see any read past the end. */
static enum http_parse parse_copy(struct slice bytes, struct http_head *head, size_t *used, const char **why)
{
    char *copy = malloc(bytes.size ? bytes.size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.size);
    enum http_parse verdict = http_parse_request(slice_of(copy, bytes.size), head, used, why);
    free(copy);
    return verdict;
}

static void heads_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile_heads); i++) {
        const struct hostile *h = &hostile_heads[i];
        struct http_head head;
        size_t used = 99;
        const char *why = NULL;
        enum http_parse verdict = parse_copy(h->bytes, &head, &used, &why);
        if (verdict != h->verdict || !why || used != 0)
            fail_msg("%s: verdict %d instead of %d, used %zu, why %s", h->name, verdict, h->verdict, used, why ? why : "-");
    }
}

static void no_prefix_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile_heads); i++) {
        const struct hostile *h = &hostile_heads[i];
        enum http_parse verdict = HTTP_PARSE_MORE;
        for (size_t size = 0; size <= h->bytes.size; size++) {
            struct http_head head;
            size_t used = 0;
            enum http_parse now = parse_copy(slice_of(h->bytes.data, size), &head, &used, NULL);
            if (now == HTTP_PARSE_OK || (verdict != HTTP_PARSE_MORE && now != verdict))
                fail_msg("%s: verdict %d after %zu bytes, %d before", h->name, now, size, verdict);
            verdict = now;
        }
        assert_int_equal(verdict, h->verdict);
    }
}

static void chunks_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile_chunks); i++) {
        const struct hostile *h = &hostile_chunks[i];
        for (size_t step = 1; step <= h->bytes.size; step++) {
            struct http_chunked chunked = { 0 };
            enum http_parse verdict = HTTP_PARSE_OK;
            for (size_t at = 0; at < h->bytes.size && verdict == HTTP_PARSE_OK && !chunked.done;) {
                size_t used = 0, size = h->bytes.size - at < step ? h->bytes.size - at : step;
                struct slice data;
                verdict = http_chunked_next(&chunked, slice_of(h->bytes.data + at, size), &used, &data);
                at += used;
            }
            if (verdict != HTTP_PARSE_BAD || chunked.done)
                fail_msg("%s: accepted in steps of %zu", h->name, step);
        }
    }
}

/* A request built from a repeated byte in some place, of any size. */
static enum http_parse parse_filled(const char *before, char fill, size_t count, const char *after)
{
    size_t size = strlen(before) + count + strlen(after);
    char *text = malloc(size + 1);
    assert_non_null(text);
    strcpy(text, before);
    memset(text + strlen(before), fill, count);
    strcpy(text + strlen(before) + count, after);
    struct http_head head;
    size_t used = 0;
    const char *why = NULL;
    enum http_parse verdict = http_parse_request(slice_of(text, size), &head, &used, &why);
    free(text);
    return verdict;
}

static void limits_hold_from_both_sides(void **state)
{
    (void)state;
    const char *rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_int_equal(parse_filled("GET /", 'a', HTTP_TARGET_BYTES_MAX - 1, rest), HTTP_PARSE_OK);
    assert_int_equal(parse_filled("GET /", 'a', HTTP_TARGET_BYTES_MAX, rest), HTTP_PARSE_TARGET_TOO_LONG);
    assert_int_equal(parse_filled("GET /", 'a', HTTP_TARGET_BYTES_MAX, ""), HTTP_PARSE_TARGET_TOO_LONG);

    const char *start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    size_t fits = HTTP_HEAD_BYTES_MAX - strlen(start) - 4;
    assert_int_equal(parse_filled(start, 'a', fits, "\r\n\r\n"), HTTP_PARSE_OK);
    assert_int_equal(parse_filled(start, 'a', fits + 1, "\r\n\r\n"), HTTP_PARSE_HEAD_TOO_LARGE);
    assert_int_equal(parse_filled(start, 'a', fits + 3, ""), HTTP_PARSE_MORE);
    assert_int_equal(parse_filled(start, 'a', fits + 4, ""), HTTP_PARSE_HEAD_TOO_LARGE);
    assert_int_equal(parse_filled(start, 'a', 100000, ""), HTTP_PARSE_HEAD_TOO_LARGE);
    assert_int_equal(parse_filled("", 'G', 16, ""), HTTP_PARSE_MORE);
    assert_int_equal(parse_filled("", 'G', 17, ""), HTTP_PARSE_NOT_IMPLEMENTED);
}

static enum http_parse parse_with_headers(size_t count)
{
    static char text[HTTP_HEAD_BYTES_MAX];
    int size = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 1; i < count; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "X%zu: y\r\n", i);
    size += snprintf(text + size, sizeof text - (size_t)size, "\r\n");
    struct http_head head;
    size_t used = 0;
    return http_parse_request(slice_of(text, (size_t)size), &head, &used, NULL);
}

static void header_count_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(parse_with_headers(HTTP_HEADERS_MAX), HTTP_PARSE_OK);
    assert_int_equal(parse_with_headers(HTTP_HEADERS_MAX + 1), HTTP_PARSE_HEAD_TOO_LARGE);
}

static bool chunk_padding_accepted(size_t chunks, size_t extension)
{
    struct http_chunked chunked = { 0 };
    char line[2 * HTTP_CHUNK_LINE_MAX];
    int size = snprintf(line, sizeof line, "1;%0*d\r\nx\r\n", (int)extension, 0);
    for (size_t i = 0; i < chunks; i++)
        for (size_t at = 0, used = 0; at < (size_t)size; at += used) {
            struct slice data;
            if (http_chunked_next(&chunked, slice_of(line + at, (size_t)size - at), &used, &data) != HTTP_PARSE_OK)
                return false;
        }
    return true;
}

static void chunk_padding_is_bounded(void **state)
{
    (void)state;
    assert_true(chunk_padding_accepted(1, HTTP_CHUNK_LINE_MAX - 10));
    assert_false(chunk_padding_accepted(1, HTTP_CHUNK_LINE_MAX));
    assert_true(chunk_padding_accepted(HTTP_TRAILER_BYTES_MAX / 64, 60));
    assert_false(chunk_padding_accepted(HTTP_TRAILER_BYTES_MAX / 16, 60));

    struct http_chunked chunked = { 0 };
    static char trailer[HTTP_TRAILER_BYTES_MAX + 64];
    memset(trailer, 'a', sizeof trailer);
    memcpy(trailer, "0\r\nX:", 5);
    size_t used = 0;
    struct slice data;
    assert_int_equal(http_chunked_next(&chunked, slice_of(trailer, sizeof trailer), &used, &data), HTTP_PARSE_BAD);
}

static void replies_are_refused(void **state)
{
    (void)state;
    static const struct hostile replies[] = {
        { "length and coding", BYTES("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_PARSE_BAD },
        { "two lengths", BYTES("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"), HTTP_PARSE_BAD },
        { "gzip coding", BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), HTTP_PARSE_NOT_IMPLEMENTED },
        { "status of two digits", BYTES("HTTP/1.1 20 OK\r\n\r\n"), HTTP_PARSE_BAD },
        { "status of four digits", BYTES("HTTP/1.1 2000 OK\r\n\r\n"), HTTP_PARSE_BAD },
        { "status 099", BYTES("HTTP/1.1 099 OK\r\n\r\n"), HTTP_PARSE_BAD },
        { "status 600", BYTES("HTTP/1.1 600 OK\r\n\r\n"), HTTP_PARSE_BAD },
        { "bare line feeds", BYTES("HTTP/1.1 200 OK\n\n"), HTTP_PARSE_BAD },
        { "HTTP/2", BYTES("HTTP/2.0 200 OK\r\n\r\n"), HTTP_PARSE_BAD_VERSION },
        { "body on 204", BYTES("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n"), HTTP_PARSE_BAD },
        { "coding on 100", BYTES("HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_PARSE_BAD },
        { "NUL in the reason", BYTES("HTTP/1.1 200 O\0K\r\n\r\n"), HTTP_PARSE_BAD },
        { "not HTTP", BYTES("SSH-2.0-OpenSSH_9.2\r\n"), HTTP_PARSE_BAD },
    };
    for (size_t i = 0; i < COUNT(replies); i++) {
        struct http_head head;
        size_t used = 0;
        enum http_parse verdict = http_parse_reply(replies[i].bytes, false, &head, &used, NULL);
        if (verdict != replies[i].verdict)
            fail_msg("%s: verdict %d instead of %d", replies[i].name, verdict, replies[i].verdict);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_refused),
        cmocka_unit_test(no_prefix_is_accepted),
        cmocka_unit_test(chunks_are_refused),
        cmocka_unit_test(limits_hold_from_both_sides),
        cmocka_unit_test(header_count_is_bounded),
        cmocka_unit_test(chunk_padding_is_bounded),
        cmocka_unit_test(replies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
