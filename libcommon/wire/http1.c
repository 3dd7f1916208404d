/* The HTTP/1.x head parser (RFC 9112): requests and replies, bytes to a struct of slices in one pass, no copies, no
 * state between calls (an unfinished head is parsed again from its start when more bytes came; it is small).
 *
 * Strict where leniency lets two parties read the same bytes as different messages: CRLF only, no blank before a colon, no
 * folding, no control characters, one Content-Length, no Content-Length beside Transfer-Encoding, no transfer coding
 * but a single `chunked`, one Host. Nothing is repaired: what is not plainly right is refused. Pure; suspends nowhere. */
#include "wire/http1.h"

#include "wire/http1_tables.h"

#define METHOD_BYTES_MAX 16
#define LENGTH_DIGITS_MAX 19

/* The headers the parser itself looks at. None of them may appear twice. */
enum known { KNOWN_NONE, KNOWN_HOST, KNOWN_LENGTH, KNOWN_CODING, KNOWN_EXPECT, KNOWN_TYPE, KNOWN_AUTHORIZATION,
             KNOWN_IDEMPOTENCY, KNOWN_IDENTITY, KNOWN_COUNT };

struct facts {
    unsigned seen;                      /* 1 << known */
    struct slice value[KNOWN_COUNT];
    bool close, keep_alive;             /* from Connection, which may be repeated */
};

struct cursor {
    const unsigned char *at, *end;
};

static enum http_parse refuse(enum http_parse verdict, const char **why, const char *text)
{
    *why = text;
    return verdict;
}

static struct slice slice_between(const unsigned char *from, const unsigned char *to)
{
    return slice_of((const char *)from, (size_t)(to - from));
}

/* `name` is lower-case. */
static bool name_is(struct slice s, const char *name, size_t size)
{
    if (s.size != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (http_token[(unsigned char)s.data[i]] != (unsigned char)name[i])
            return false;
    return true;
}
#define NAME_IS(s, literal) name_is((s), literal, sizeof(literal) - 1)

static enum http_parse parse_crlf(struct cursor *c, const char **why)
{
    if (c->at == c->end)
        return HTTP_PARSE_MORE;
    if (*c->at != '\r')
        return refuse(HTTP_PARSE_BAD, why, "a line of the head must end with CRLF");
    if (c->at + 1 == c->end)
        return HTTP_PARSE_MORE;
    if (c->at[1] != '\n')
        return refuse(HTTP_PARSE_BAD, why, "a carriage return must be followed by a line feed");
    c->at += 2;
    return HTTP_PARSE_OK;
}

static enum http_parse parse_method(struct cursor *c, struct http_head *head, const char **why)
{
    const unsigned char *start = c->at;
    while (c->at < c->end && http_token[*c->at])
        c->at++;
    struct slice method = slice_between(start, c->at);
    if (method.size > METHOD_BYTES_MAX)
        return refuse(HTTP_PARSE_NOT_IMPLEMENTED, why, "this method is not known here");
    if (c->at == c->end)
        return HTTP_PARSE_MORE;
    if (*c->at != ' ' || method.size == 0)
        return refuse(HTTP_PARSE_BAD, why, "the request line does not start with a method and one space");
    c->at++;
    if (!http_method_find(method, &head->method))
        return refuse(HTTP_PARSE_NOT_IMPLEMENTED, why, "this method is not known here");
    return HTTP_PARSE_OK;
}

static enum http_parse parse_target(struct cursor *c, struct http_head *head, const char **why)
{
    const unsigned char *start = c->at;
    while (c->at < c->end && http_target[*c->at])
        c->at++;
    head->target = slice_between(start, c->at);
    if (head->target.size > HTTP_TARGET_BYTES_MAX)
        return refuse(HTTP_PARSE_TARGET_TOO_LONG, why, "the request target is too long");
    if (c->at == c->end)
        return HTTP_PARSE_MORE;
    if (*c->at != ' ')
        return refuse(HTTP_PARSE_BAD, why, "the request line is not a method, a target and a version");
    c->at++;
    bool asterisk = head->target.size == 1 && *start == '*' && head->method == HTTP_OPTIONS;
    if (head->target.size == 0 || (*start != '/' && !asterisk))
        return refuse(HTTP_PARSE_BAD, why, "the request target must start with a slash");
    return HTTP_PARSE_OK;
}

static enum http_parse parse_version(struct cursor *c, struct http_head *head, const char **why)
{
    static const unsigned char pattern[] = "HTTP/0.0";
    size_t size = sizeof pattern - 1;
    if (c->end - c->at >= (ptrdiff_t)size && memcmp(c->at, "HTTP/1.1", size) == 0) {
        head->minor = 1;
        c->at += size;
        return HTTP_PARSE_OK;
    }
    for (size_t i = 0; i < size; i++) {
        if (c->at + i == c->end)
            return HTTP_PARSE_MORE;
        bool fits = pattern[i] == '0' ? http_digit(c->at[i]) : c->at[i] == pattern[i];
        if (!fits)
            return refuse(HTTP_PARSE_BAD, why, "the protocol version is malformed");
    }
    if (c->at[5] != '1' || c->at[7] > '1')
        return refuse(HTTP_PARSE_BAD_VERSION, why, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    head->minor = c->at[7] - '0';
    c->at += size;
    return HTTP_PARSE_OK;
}

static enum http_parse parse_request_line(struct cursor *c, struct http_head *head, const char **why)
{
    enum http_parse verdict = parse_method(c, head, why);
    if (verdict == HTTP_PARSE_OK)
        verdict = parse_target(c, head, why);
    if (verdict == HTTP_PARSE_OK)
        verdict = parse_version(c, head, why);
    return verdict == HTTP_PARSE_OK ? parse_crlf(c, why) : verdict;
}

static enum http_parse parse_status_line(struct cursor *c, struct http_head *head, const char **why)
{
    enum http_parse verdict = parse_version(c, head, why);
    if (verdict != HTTP_PARSE_OK)
        return verdict;
    if (c->end - c->at < 5)
        return HTTP_PARSE_MORE;
    const unsigned char *p = c->at;
    if (p[0] != ' ' || p[1] < '1' || p[1] > '5' || !http_digit(p[2]) || !http_digit(p[3]) || p[4] != ' ')
        return refuse(HTTP_PARSE_BAD, why, "the status line is malformed");
    head->status = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
    c->at += 5;
    while (c->at < c->end && http_value[*c->at])
        c->at++;
    return parse_crlf(c, why);
}

/* Eight bytes of a value at once: true when all are from a blank to a tilde. What is below borrows into its high bit, what is above has
 * one or gets one. */
static bool word_is_printable(const unsigned char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return (((word - ones * ' ') | (word + ones)) & (ones << 7)) == 0;
}

/* Where a value ends: tokens are long, so words first; what stops them is looked at byte by byte. */
static const unsigned char *skip_value(const unsigned char *at, const unsigned char *end)
{
    while (end - at >= (ptrdiff_t)sizeof(uint64_t) && word_is_printable(at))
        at += sizeof(uint64_t);
    while (at < end && http_value[*at])
        at++;
    return at;
}

/* name ":" blanks value blanks CRLF */
static enum http_parse parse_field(struct cursor *c, struct http_header *header, const char **why)
{
    const unsigned char *start = c->at;
    while (c->at < c->end && http_token[*c->at])
        c->at++;
    header->name = slice_between(start, c->at);
    if (c->at == c->end)
        return HTTP_PARSE_MORE;
    if (*c->at != ':' || header->name.size == 0)
        return refuse(HTTP_PARSE_BAD, why, "a header line must be a name, a colon and a value");
    c->at++;
    while (c->at < c->end && http_blank(*c->at))
        c->at++;
    start = c->at;
    c->at = skip_value(c->at, c->end);
    const unsigned char *end = c->at;
    while (end > start && http_blank(end[-1]))
        end--;
    header->value = slice_between(start, end);
    return parse_crlf(c, why);
}

/* Connection: tokens separated by commas; what is not close or keep-alive names headers, which nobody forwards. */
static void note_connection(struct facts *facts, struct slice value)
{
    size_t at = 0;
    while (at < value.size) {
        size_t start = at;
        while (at < value.size && http_token[(unsigned char)value.data[at]])
            at++;
        struct slice token = slice_of(value.data + start, at - start);
        facts->close |= NAME_IS(token, "close");
        facts->keep_alive |= NAME_IS(token, "keep-alive");
        at++;   /* the separator */
    }
}

static enum known known_header(struct slice name)
{
    switch (name.size) {
    case 4:
        return NAME_IS(name, "host") ? KNOWN_HOST : KNOWN_NONE;
    case 6:
        return NAME_IS(name, "expect") ? KNOWN_EXPECT : KNOWN_NONE;
    case 12:
        return NAME_IS(name, "content-type") ? KNOWN_TYPE : KNOWN_NONE;
    case 13:
        return NAME_IS(name, "authorization") ? KNOWN_AUTHORIZATION : KNOWN_NONE;
    case 14:
        return NAME_IS(name, "content-length") ? KNOWN_LENGTH : KNOWN_NONE;
    case 15:
        return NAME_IS(name, "idempotency-key") ? KNOWN_IDEMPOTENCY : KNOWN_NONE;
    case 17:
        if (NAME_IS(name, "transfer-encoding"))
            return KNOWN_CODING;
        return NAME_IS(name, "x-cuotas-identity") ? KNOWN_IDENTITY : KNOWN_NONE;
    default:
        return KNOWN_NONE;
    }
}

static enum http_parse note_field(const struct http_header *header, struct facts *facts, const char **why)
{
    enum known known = known_header(header->name);
    if (known == KNOWN_NONE) {
        if (NAME_IS(header->name, "connection"))
            note_connection(facts, header->value);
        return HTTP_PARSE_OK;
    }
    if (facts->seen & 1u << known) {
        if (known == KNOWN_CODING)
            return refuse(HTTP_PARSE_NOT_IMPLEMENTED, why, "the only transfer coding known here is a single chunked");
        return refuse(HTTP_PARSE_BAD, why, "a header that may appear only once was sent twice");
    }
    facts->seen |= 1u << known;
    facts->value[known] = header->value;
    return HTTP_PARSE_OK;
}

static enum http_parse parse_fields(struct cursor *c, struct http_head *head, struct facts *facts, const char **why)
{
    for (;;) {
        if (c->at == c->end)
            return HTTP_PARSE_MORE;
        if (*c->at == '\r')
            return parse_crlf(c, why);
        if (head->header_count == HTTP_HEADERS_MAX)
            return refuse(HTTP_PARSE_HEAD_TOO_LARGE, why, "too many headers");
        struct http_header *header = &head->headers[head->header_count];
        enum http_parse verdict = parse_field(c, header, why);
        if (verdict != HTTP_PARSE_OK)
            return verdict;
        verdict = note_field(header, facts, why);
        if (verdict != HTTP_PARSE_OK)
            return verdict;
        head->names |= http_name_bit(header->name.data, header->name.size);
        head->header_count++;
    }
}

/* Digits only, no sign, no list: what one side reads as 3 nobody may read as something else. */
static bool parse_length(struct slice text, int64_t *out)
{
    if (text.size == 0 || text.size > LENGTH_DIGITS_MAX)
        return false;
    uint64_t length = 0;   /* 19 digits fit */
    for (size_t i = 0; i < text.size; i++) {
        if (!http_digit((unsigned char)text.data[i]))
            return false;
        length = length * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out = (int64_t)length;
    return length <= INT64_MAX;
}

/* What both directions share: Content-Length and Transfer-Encoding, and whether the connection goes on. */
static enum http_parse frame(struct http_head *head, const struct facts *facts, const char **why)
{
    bool coded = facts->seen & 1u << KNOWN_CODING;
    bool counted = facts->seen & 1u << KNOWN_LENGTH;
    head->keep_alive = !facts->close && (head->minor == 1 || facts->keep_alive);
    if (coded && counted)
        return refuse(HTTP_PARSE_BAD, why, "Content-Length and Transfer-Encoding exclude each other");
    if (coded && !NAME_IS(facts->value[KNOWN_CODING], "chunked"))
        return refuse(HTTP_PARSE_NOT_IMPLEMENTED, why, "the only transfer coding known here is a single chunked");
    if (coded && head->minor == 0)
        return refuse(HTTP_PARSE_BAD, why, "HTTP/1.0 has no transfer codings");
    if (counted && !parse_length(facts->value[KNOWN_LENGTH], &head->content_length))
        return refuse(HTTP_PARSE_BAD, why, "Content-Length is not a number");
    if (coded)
        head->framing = HTTP_CHUNKED;
    else if (head->content_length > 0)
        head->framing = HTTP_LENGTH;
    return HTTP_PARSE_OK;
}

static bool host_valid(struct slice host)
{
    for (size_t i = 0; i < host.size; i++)
        if (!http_host[(unsigned char)host.data[i]])
            return false;
    return host.size > 0;
}

static enum http_parse frame_request(struct http_head *head, const struct facts *facts, const char **why)
{
    enum http_parse verdict = frame(head, facts, why);
    if (verdict != HTTP_PARSE_OK)
        return verdict;
    bool has_host = facts->seen & 1u << KNOWN_HOST;
    if (has_host ? !host_valid(facts->value[KNOWN_HOST]) : head->minor == 1)
        return refuse(HTTP_PARSE_BAD, why, "exactly one valid Host header is needed");
    if (facts->seen & 1u << KNOWN_EXPECT && head->minor == 1) {
        if (!NAME_IS(facts->value[KNOWN_EXPECT], "100-continue"))
            return refuse(HTTP_PARSE_EXPECTATION, why, "the only expectation known here is 100-continue");
        head->expects_continue = head->framing != HTTP_NO_BODY;
    }
    return HTTP_PARSE_OK;
}

static enum http_parse frame_reply(struct http_head *head, const struct facts *facts, bool to_head, const char **why)
{
    enum http_parse verdict = frame(head, facts, why);
    if (verdict != HTTP_PARSE_OK)
        return verdict;
    bool bare = head->status < 200 || head->status == 204;
    if (bare && head->framing != HTTP_NO_BODY)
        return refuse(HTTP_PARSE_BAD, why, "a reply of this status has no body");
    if (bare || to_head || head->status == 304) {
        head->framing = HTTP_NO_BODY;
    } else if (head->framing == HTTP_NO_BODY && head->content_length < 0) {
        head->framing = HTTP_UNTIL_CLOSE;
        head->keep_alive = false;
    }
    return HTTP_PARSE_OK;
}

/* Everything of the head but its header array, which header_count guards. */
static struct cursor start(struct slice bytes, struct http_head *head, size_t *used)
{
    *used = 0;
    head->method = HTTP_GET;
    head->target = SLICE_NONE;
    head->status = 0;
    head->minor = 0;
    head->keep_alive = false;
    head->expects_continue = false;
    head->framing = HTTP_NO_BODY;
    head->content_length = -1;
    head->names = 0;
    head->header_count = 0;
    size_t size = bytes.size < HTTP_HEAD_BYTES_MAX ? bytes.size : HTTP_HEAD_BYTES_MAX;
    const unsigned char *at = (const unsigned char *)(bytes.data ? bytes.data : "");
    return (struct cursor){ at, at + size };
}

static enum http_parse finish(enum http_parse verdict, struct slice bytes, const struct cursor *c, size_t *used,
                              const char **why)
{
    if (verdict == HTTP_PARSE_OK)
        *used = (size_t)(c->at - (const unsigned char *)bytes.data);   /* not none: something was read */
    if (verdict == HTTP_PARSE_MORE && bytes.size >= HTTP_HEAD_BYTES_MAX)
        return refuse(HTTP_PARSE_HEAD_TOO_LARGE, why, "the head is too large");
    return verdict;
}

enum http_parse http_parse_request(struct slice bytes, struct http_head *head, size_t *used, const char **why)
{
    const char *ignored;
    why = why ? why : &ignored;
    struct facts facts = { 0 };
    struct cursor c = start(bytes, head, used);
    enum http_parse verdict = HTTP_PARSE_OK;
    if (c.at < c.end && *c.at == '\r')   /* one empty line before a request is forgiven (RFC 9112, 2.2) */
        verdict = parse_crlf(&c, why);
    if (verdict == HTTP_PARSE_OK)
        verdict = parse_request_line(&c, head, why);
    if (verdict == HTTP_PARSE_OK)
        verdict = parse_fields(&c, head, &facts, why);
    if (verdict == HTTP_PARSE_OK)
        verdict = frame_request(head, &facts, why);
    return finish(verdict, bytes, &c, used, why);
}

enum http_parse http_parse_reply(struct slice bytes, bool to_head, struct http_head *head, size_t *used, const char **why)
{
    const char *ignored;
    why = why ? why : &ignored;
    struct facts facts = { 0 };
    struct cursor c = start(bytes, head, used);
    enum http_parse verdict = parse_status_line(&c, head, why);
    if (verdict == HTTP_PARSE_OK)
        verdict = parse_fields(&c, head, &facts, why);
    if (verdict == HTTP_PARSE_OK)
        verdict = frame_reply(head, &facts, to_head, why);
    return finish(verdict, bytes, &c, used, why);
}

struct slice http_header_search(const struct http_head *head, const char *name, size_t size)
{
    for (size_t i = 0; i < head->header_count; i++)
        if (name_is(head->headers[i].name, name, size))
            return head->headers[i].value;
    return SLICE_NONE;
}
