/* Fuzz target of wire/http1: any bytes as a request head, a reply head and a chunked body. Beyond not crashing it holds the
 * parser to what everything above relies on: slices stay inside what was consumed, a head's verdict does not depend on
 * what follows it, no shorter prefix is a whole head, and a chunked body decodes the same however it is cut. */
#include "wire/http1.h"

#include <stdlib.h>

#define CHECK(condition) do { if (!(condition)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct slice s, struct slice whole)
{
    CHECK(s.data >= whole.data && s.data + s.size <= whole.data + whole.size);
}

static void check_head(const struct http_head *head, struct slice whole)
{
    CHECK(whole.size > 0 && whole.size <= HTTP_HEAD_BYTES_MAX && head->header_count <= HTTP_HEADERS_MAX);
    for (size_t i = 0; i < head->header_count; i++) {
        check_inside(head->headers[i].name, whole);
        check_inside(head->headers[i].value, whole);
        CHECK(head->headers[i].name.size > 0 && !memchr(head->headers[i].value.data, '\r', head->headers[i].value.size));
    }
    CHECK(head->framing != HTTP_LENGTH || head->content_length > 0);
}

static void fuzz_request(struct slice in)
{
    struct http_head head, again;
    size_t used = 0, used_again = 0;
    enum http_parse verdict = http_parse_request(in, &head, &used, NULL);
    CHECK((verdict == HTTP_PARSE_OK) == (used > 0));
    if (verdict != HTTP_PARSE_OK)
        return;
    struct slice whole = slice_of(in.data, used);
    check_head(&head, whole);
    check_inside(head.target, whole);
    CHECK(head.target.size > 0 && head.target.size <= HTTP_TARGET_BYTES_MAX && head.framing != HTTP_UNTIL_CLOSE);
    CHECK(http_parse_request(whole, &again, &used_again, NULL) == HTTP_PARSE_OK && used_again == used);
    CHECK(again.framing == head.framing && again.content_length == head.content_length);
    CHECK(http_parse_request(slice_of(in.data, used - 1), &again, &used_again, NULL) == HTTP_PARSE_MORE);
    CHECK(http_parse_request(slice_of(in.data, used / 2), &again, &used_again, NULL) == HTTP_PARSE_MORE);
    (void)http_header_find(&head, "content-type");
}

static void fuzz_reply(struct slice in, bool to_head)
{
    struct http_head head;
    size_t used = 0;
    if (http_parse_reply(in, to_head, &head, &used, NULL) != HTTP_PARSE_OK)
        return;
    check_head(&head, slice_of(in.data, used));
    CHECK(head.status >= 100 && head.status <= 599);
    CHECK(!to_head || head.framing == HTTP_NO_BODY);
    CHECK(!(head.framing == HTTP_UNTIL_CLOSE && head.keep_alive));
}

struct decoded {
    enum http_parse verdict;
    size_t used, size;
    uint64_t sum;
    bool done;
};

static struct decoded decode(struct slice in, size_t step)
{
    struct http_chunked chunked = { 0 };
    struct decoded out = { 0 };
    while (out.used < in.size && !chunked.done) {
        size_t used = 0, size = in.size - out.used < step ? in.size - out.used : step;
        struct slice data;
        out.verdict = http_chunked_next(&chunked, slice_of(in.data + out.used, size), &used, &data);
        if (out.verdict != HTTP_PARSE_OK)
            return out;
        CHECK(used > 0 && used <= size && data.size <= used);
        for (size_t i = 0; i < data.size; i++)
            out.sum = out.sum * 31 + (unsigned char)data.data[i];
        out.size += data.size;
        out.used += used;
    }
    out.done = chunked.done;
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    fuzz_request(in);
    fuzz_reply(in, false);
    fuzz_reply(in, true);
    struct decoded whole = decode(in, size), bytes = decode(in, 1);
    CHECK(whole.verdict == bytes.verdict && whole.done == bytes.done);
    if (whole.verdict == HTTP_PARSE_OK)
        CHECK(whole.used == bytes.used && whole.size == bytes.size && whole.sum == bytes.sum);
    return 0;
}
