/* Fuzz target of wire/http1: any bytes as a request head, a reply head and a chunked body. Beyond not crashing it holds the
 * parser to what everything above relies on: slices stay inside what was consumed; a verdict once reached does not depend on what follows it,
 * and none is reached early; a head written anew from its parts says the same; a chunked body decodes the same however it is cut, and the
 * same as by a second decoder written from RFC 9112 alone. */
#include "fuzz.h"

#include "wire/http1.h"

#define SPLITS_MAX 64   /* inputs up to here are cut at every byte, longer ones at as many places */

static size_t step_of(size_t size)
{
    return size <= SPLITS_MAX ? 1 : size / SPLITS_MAX + 1;
}

static void check_head(const struct http_head *head, struct slice whole)
{
    CHECK(whole.size > 0 && whole.size <= HTTP_HEAD_BYTES_MAX && head->header_count <= HTTP_HEADERS_MAX);
    for (size_t i = 0; i < head->header_count; i++) {
        struct slice name = head->headers[i].name, value = head->headers[i].value;
        CHECK(is_inside(name, whole) && is_inside(value, whole));
        CHECK(name.size > 0 && !memchr(value.data, '\r', value.size) && !memchr(value.data, '\n', value.size)
              && !memchr(value.data, '\0', value.size));
        CHECK(head->names & http_name_bit(name.data, name.size));
    }
    CHECK(head->framing != HTTP_LENGTH || head->content_length > 0);
}

/* As the gateway does: from its parts, nothing of the bytes between them. */
static struct slice write_anew(struct arena *arena, const struct http_head *head)
{
    struct slice out = arena_printf(arena, "%s %.*s HTTP/1.%d\r\n", http_method_name(head->method), SLICE_FMT(head->target), head->minor);
    for (size_t i = 0; i < head->header_count; i++)
        out = arena_printf(arena, "%.*s%.*s: %.*s\r\n", SLICE_FMT(out), SLICE_FMT(head->headers[i].name), SLICE_FMT(head->headers[i].value));
    return arena_printf(arena, "%.*s\r\n", SLICE_FMT(out));
}

static void check_anew(const struct http_head *head)
{
    struct arena *arena = arena_new();
    struct slice anew = write_anew(arena, head);
    static struct http_head again;
    size_t used;
    if (anew.size <= HTTP_HEAD_BYTES_MAX) {   /* "a:b" grows by its blank */
        CHECK(http_parse_request(anew, &again, &used, NULL) == HTTP_PARSE_OK && used == anew.size);
        CHECK(again.method == head->method && again.framing == head->framing && again.content_length == head->content_length);
        CHECK(again.keep_alive == head->keep_alive && again.header_count == head->header_count && again.names == head->names);
        CHECK(slice_equals(again.target, head->target) && again.expects_continue == head->expects_continue);
        for (size_t i = 0; i < head->header_count; i++)
            CHECK(slice_equals(again.headers[i].name, head->headers[i].name) && slice_equals(again.headers[i].value, head->headers[i].value));
    }
    arena_free(arena);
}

typedef enum http_parse parse(struct slice bytes, struct http_head *head, size_t *used);

static enum http_parse parse_request(struct slice bytes, struct http_head *head, size_t *used)
{
    return http_parse_request(bytes, head, used, NULL);
}

static enum http_parse parse_reply(struct slice bytes, struct http_head *head, size_t *used)
{
    return http_parse_reply(bytes, false, head, used, NULL);
}

static enum http_parse parse_reply_to_head(struct slice bytes, struct http_head *head, size_t *used)
{
    return http_parse_reply(bytes, true, head, used, NULL);
}

/* Arriving piece by piece: first "more", then from some byte on always the verdict of the whole; when that is OK, from its last byte. */
static void check_prefixes(parse *parse_one, struct slice in, enum http_parse verdict, size_t used)
{
    static struct http_head head;
    size_t again, decided = verdict == HTTP_PARSE_OK ? used : in.size;
    bool early = false;
    for (size_t size = 0; size < in.size; size += step_of(in.size)) {
        enum http_parse now = parse_one(slice_of(in.data, size), &head, &again);
        CHECK(now == verdict || (now == HTTP_PARSE_MORE && !early));
        early = early || now != HTTP_PARSE_MORE;
        CHECK((now == HTTP_PARSE_OK) == (verdict == HTTP_PARSE_OK && size >= decided));
        CHECK(now != HTTP_PARSE_OK || again == used);
    }
    if (verdict == HTTP_PARSE_OK)
        CHECK(parse_one(slice_of(in.data, used - 1), &head, &again) == HTTP_PARSE_MORE && again == 0);
}

static void fuzz_request(struct slice in)
{
    static struct http_head head;
    size_t used = 0;
    enum http_parse verdict = http_parse_request(in, &head, &used, NULL);
    CHECK((verdict == HTTP_PARSE_OK) == (used > 0));
    check_prefixes(parse_request, in, verdict, used);
    if (verdict != HTTP_PARSE_OK)
        return;
    struct slice whole = slice_of(in.data, used);
    check_head(&head, whole);
    CHECK(is_inside(head.target, whole));
    CHECK(head.target.size > 0 && head.target.size <= HTTP_TARGET_BYTES_MAX && head.framing != HTTP_UNTIL_CLOSE);
    check_anew(&head);
    (void)http_header_find(&head, "content-type");
}

static void fuzz_reply(struct slice in, bool to_head)
{
    static struct http_head head;
    size_t used = 0;
    enum http_parse verdict = http_parse_reply(in, to_head, &head, &used, NULL);
    check_prefixes(to_head ? parse_reply_to_head : parse_reply, in, verdict, used);
    if (verdict != HTTP_PARSE_OK)
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

static uint64_t add_up(uint64_t sum, struct slice data)
{
    for (size_t i = 0; i < data.size; i++)
        sum = sum * 31 + (unsigned char)data.data[i];
    return sum;
}

/* The first piece of `first` bytes, the others of `step`. */
static struct decoded decode(struct slice in, size_t first, size_t step)
{
    struct http_chunked chunked = { 0 };
    struct decoded out = { 0 };
    size_t want = first;
    while (out.used < in.size && !chunked.done) {
        size_t used = 0, size = in.size - out.used < want ? in.size - out.used : want;
        struct slice piece = slice_of(in.data + out.used, size), data;
        out.verdict = http_chunked_next(&chunked, piece, &used, &data);
        if (out.verdict != HTTP_PARSE_OK)
            return out;
        CHECK(used > 0 && used <= size && is_inside(data, piece));
        out.sum = add_up(out.sum, data);
        out.size += data.size;
        out.used += used;
        want = used < want ? want - used : step;
    }
    out.done = chunked.done;
    return out;
}

static void check_same(struct decoded a, struct decoded b)
{
    CHECK(a.verdict == b.verdict && a.done == b.done);
    if (a.verdict == HTTP_PARSE_OK)
        CHECK(a.used == b.used && a.size == b.size && a.sum == b.sum);
}

/* ---- the second decoder: the whole body at once, line by line ---- */

static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", text.data[i]))
            return false;
    return text.size > 0;
}

static bool is_value(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != '\t' && ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f))
            return false;
    return true;
}

/* The line that ends in the first CRLF; false when there is none, or a control character before it. */
static bool cut_line(struct slice *rest, struct slice *line)
{
    const char *end = rest->size ? memmem(rest->data, rest->size, "\r\n", 2) : NULL;
    if (!end)
        return false;
    *line = slice_of(rest->data, (size_t)(end - rest->data));
    *rest = slice_of(end + 2, rest->size - line->size - 2);
    return is_value(*line);
}

static bool read_size(struct slice line, size_t *size)
{
    size_t digits = 0;
    *size = 0;
    for (; digits < line.size && strchr("0123456789abcdefABCDEF", line.data[digits]) && line.data[digits]; digits++)
        *size = *size * 16 + (size_t)(line.data[digits] <= '9' ? line.data[digits] - '0' : (line.data[digits] | 0x20) - 'a' + 10);
    if (digits < 1 || digits > 8)
        return false;
    if (digits == line.size)
        return true;
    struct slice extension = slice_trim(slice_of(line.data + digits, line.size - digits));
    return extension.size > 0 && extension.data[0] == ';';
}

static bool reference(struct slice in, struct decoded *out)
{
    struct slice rest = in, line;
    *out = (struct decoded){ .done = true };
    for (;;) {
        size_t size;
        if (!cut_line(&rest, &line) || !read_size(line, &size))
            return false;
        if (size == 0)
            break;
        if (rest.size < size + 2 || memcmp(rest.data + size, "\r\n", 2) != 0)
            return false;
        out->sum = add_up(out->sum, slice_of(rest.data, size));
        out->size += size;
        rest = slice_of(rest.data + size + 2, rest.size - size - 2);
    }
    while (cut_line(&rest, &line)) {
        struct slice value;
        out->used = in.size - rest.size;
        if (line.size == 0)
            return true;
        if (!is_token(slice_cut(line, ':', &value)) || slice_is_none(value))
            return false;
    }
    return false;
}

static void fuzz_chunked(struct slice in)
{
    struct decoded whole = decode(in, in.size, in.size), second;
    check_same(whole, decode(in, 1, 1));
    for (size_t first = 1; first < in.size; first += step_of(in.size))
        check_same(whole, decode(in, first, in.size));
    bool good = reference(in, &second);
    CHECK(!whole.done || good);
    if (good && in.size < 200)   /* short of the bounds on lines and extensions, which the reference has not */
        CHECK(whole.done);
    if (good && whole.done)
        check_same(whole, second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    fuzz_request(in);
    fuzz_reply(in, false);
    fuzz_reply(in, true);
    fuzz_chunked(in);
    return 0;
}
