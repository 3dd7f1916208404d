/* Passing requests on. The request head is written anew from what was parsed: nothing of the client's bytes goes through as it
 * was, hop-by-hop headers, credentials and anything that looks like an identity are left out, ours are added. Bodies the
 * contract bounds are read whole, so that a request can be sent again when a pooled connection turns out dead; imports and large
 * replies stream. A reply up to REPLY_KEPT_MAX is taken over first, so that a client that reads slowly holds no connection to a service. */
#include "base/put.h"
#include "gateway.h"
#include "cache.h"
#include "gen/problems.h"
#include "http/server.h"
#include "http/upstream.h"
#include "service/identity.h"
#include "service/service.h"

#include <assert.h>
#include <stdio.h>

#define PIECE_BYTES (32 * 1024)
#define REPLY_KEPT_MAX (64 * 1024)

#define KEPT_BYTES_MAX 19
#define KEPT_PER_SIZE 4

/* End-to-end headers are passed on but for these: framing is ours, credentials stop here, forwarding is told by us. By length, for each
 * header of each message is looked for here. */
static const char *const kept[KEPT_BYTES_MAX + 1][KEPT_PER_SIZE] = {
    [2] = { "te" },
    [4] = { "host", "date" },
    [6] = { "cookie", "expect", "server" },
    [7] = { "trailer", "upgrade" },
    [9] = { "forwarded" },
    [10] = { "connection", "keep-alive", "tracestate" },
    [11] = { "traceparent" },
    [12] = { "x-request-id" },
    [13] = { "authorization" },
    [14] = { "content-length" },
    [16] = { "proxy-connection" },
    [17] = { "transfer-encoding" },
    [19] = { "proxy-authorization" },
};

static bool starts_with_nocase(struct slice name, struct slice prefix)
{
    return name.size >= prefix.size && slice_equals_nocase(slice_of(name.data, prefix.size), prefix);
}

static bool stays_here(struct slice name)
{
    const char *const *listed = kept[name.size <= KEPT_BYTES_MAX ? name.size : 0];
    for (size_t i = 0; i < KEPT_PER_SIZE && listed[i]; i++)
        if (slice_equals_nocase(name, slice_of(listed[i], name.size)))
            return true;
    if ((name.data[0] | 0x20) != 'x')   /* a name has a letter at least */
        return false;
    return starts_with_nocase(name, SLICE("x-cuotas-")) || starts_with_nocase(name, SLICE("x-user-")) ||
           starts_with_nocase(name, SLICE("x-forwarded-"));
}

static bool is_listed(struct slice list, struct slice name)
{
    struct slice rest = list;
    while (!slice_is_none(rest))
        if (slice_equals_nocase(slice_trim(slice_cut(rest, ',', &rest)), name))
            return true;
    return false;
}

/* Named by the sender's Connection header, of which there may be several lines: meant for this hop only. */
static bool named_by_connection(const struct http_head *head, struct slice name)
{
    for (size_t i = 0; i < head->header_count; i++)
        if (slice_equals_nocase(head->headers[i].name, SLICE("connection")) && is_listed(head->headers[i].value, name))
            return true;
    return false;
}

static size_t headers_size(const struct http_head *head)
{
    size_t size = 0;
    for (size_t i = 0; i < head->header_count; i++)
        size += head->headers[i].name.size + head->headers[i].value.size + strlen(": \r\n");
    return size;
}

/* The end-to-end header lines of a head; at most headers_size() bytes. */
static char *put_passed(char *at, const struct http_head *head)
{
    bool names_some = !slice_is_none(http_header_find(head, "connection")), webhook = slice_starts_with(head->target, SLICE("/v1/webhooks/"));
    for (size_t i = 0; i < head->header_count; i++) {
        const struct http_header *h = &head->headers[i];
        bool is_signed = webhook && slice_equals_nocase(h->name, SLICE("x-request-id"));   /* the provider's own id of its request */
        if ((stays_here(h->name) && !is_signed) || (names_some && named_by_connection(head, h->name)))
            continue;
        at = put_slice(at, h->name);
        at = PUT_LINE(at, ": ", h->value);
    }
    return at;
}

static struct slice passed_headers(struct arena *arena, const struct http_head *head)
{
    char *out = ARENA_ARRAY(arena, char, headers_size(head) + 1);
    return slice_of(out, (size_t)(put_passed(out, head) - out));
}

static char *put_framing(char *at, int64_t length, bool post)
{
    if (length < 0)
        return PUT(at, "Transfer-Encoding: chunked\r\n");
    if (length == 0 && !post)
        return at;
    return PUT(put_decimal(PUT(at, "Content-Length: "), (uint64_t)length), "\r\n");
}

/* Upper bound of what is in every request head but texts from outside. */
#define FIXED_BYTES 128

static struct slice request_head(struct request *rq, const char *service, int64_t length)
{
    const struct http_head *head = rq->head;
    struct slice method = slice_from_text(http_method_name(head->method)), host = slice_from_text(service);
    /* An anonymous caller has an identity too: nobody, from this address. */
    struct slice identity = identity_header(rq->work.arena, &rq->work.identity);
    size_t room = FIXED_BYTES + head->target.size + host.size + rq->work.traceparent.size + identity.size + headers_size(head);
    char *start = arena_alloc(rq->work.arena, room), *at = start;
    at = put_slice(PUT(put_slice(at, method), " "), head->target);
    at = PUT_LINE(at, " HTTP/1.1\r\nHost: ", host);
    at = PUT_LINE(at, "traceparent: ", rq->work.traceparent);
    at = put_slice(at, identity);
    at = put_framing(at, length, head->method == HTTP_POST || head->method == HTTP_PUT || head->method == HTTP_PATCH);
    at = PUT(put_passed(at, head), "\r\n");
    assert((size_t)(at - start) <= room);
    return slice_of(start, (size_t)(at - start));
}

/* Sends the request's body as it arrives, in chunks when its length is not known. */
static SUSPENDS enum result stream_body(struct request *rq, struct upstream_exchange *x, struct slice head, int64_t length)
{
    char *piece = ARENA_ARRAY(rq->work.arena, char, PIECE_BYTES);
    size_t got = 0;
    enum result result = upstream_send(x, head, SLICE_NONE);
    while (result == RESULT_OK && (result = request_read(rq, piece, PIECE_BYTES, &got)) == RESULT_OK && got > 0) {
        char line[32];
        int line_size = snprintf(line, sizeof line, "%zx\r\n", got);
        if (length >= 0) {
            result = upstream_send(x, SLICE_NONE, slice_of(piece, got));
            continue;
        }
        result = upstream_send(x, slice_of(line, (size_t)line_size), slice_of(piece, got));
        if (result == RESULT_OK)
            result = upstream_send(x, SLICE("\r\n"), SLICE_NONE);
    }
    if (result == RESULT_OK && length < 0)
        result = upstream_send(x, SLICE("0\r\n\r\n"), SLICE_NONE);
    return result;
}

/* May it run twice? Reads, and what carries a key that the service gets and by its contract looks at. Anything else is sent again only
 * when the service says that it was not taken up. */
static bool is_repeatable(const struct request *rq)
{
    if (rq->head->method == HTTP_GET || rq->head->method == HTTP_HEAD)
        return true;
    return rq->route->idempotency != IDEMPOTENCY_NONE && !slice_is_none(http_header_find(rq->head, "idempotency-key")) &&
           !named_by_connection(rq->head, SLICE("idempotency-key"));
}

static SUSPENDS enum result send_request(struct request *rq, const char *service, struct upstream_exchange **x,
                                         const struct http_head **head)
{
    struct upstream *up = upstream_for(service_peer_url(service));
    bool streams = rq->route->streams_body;
    int64_t length = streams ? request_body_declared(rq) : (int64_t)rq->body.size;
    struct slice request = request_head(rq, service, length);
    enum result result = RESULT_FAILED;
    for (int try = 0; try < UPSTREAM_TRIES; try++) {
        result = streams ? upstream_open_new(&rq->work, up, x) : upstream_open(&rq->work, up, x);
        if (result != RESULT_OK)
            return result;
        result = streams ? stream_body(rq, *x, request, length)
                         : upstream_send(*x, request, rq->body.size ? rq->body : SLICE_NONE);
        /* A service may refuse before it has taken everything: then what it said is the answer, not that it closed. */
        if (result == RESULT_OK || (result == RESULT_CLOSED && !work_failed(&rq->work)))
            result = upstream_read_head(*x, rq->head->method == HTTP_HEAD, head);
        bool again = !streams && (result == RESULT_OK || result == RESULT_CLOSED) && upstream_may_repeat(*x, is_repeatable(rq));
        if (result == RESULT_OK && !again)
            return RESULT_OK;
        upstream_finish(*x);
        *x = NULL;
        if (!again)
            return result;
    }
    return RESULT_CLOSED;
}

static void record_unreachable(struct request *rq, const char *service, enum result result)
{
    bool unusable = result == RESULT_MALFORMED || result == RESULT_TOO_LARGE;
    if (!work_failed(&rq->work)) {
        if (unusable)
            work_fail(&rq->work, &PROBLEM_bad_gateway, "%s gave no usable answer; whether it acted is unknown", service);
        else if (result == RESULT_TIMEOUT)
            work_fail(&rq->work, &PROBLEM_gateway_timeout, "%s did not answer in time; whether it acted is unknown", service);
        else if (result == RESULT_BUSY)
            work_fail(&rq->work, &PROBLEM_overloaded, "%s has more to do than it can, or does not answer at all", service);
        else
            work_fail(&rq->work, &PROBLEM_unavailable, "%s cannot be reached now", service);
        rq->work.failure.retry_after_s = unusable ? 0 : 1;   /* nothing says that asking again would help */
    }
}

/* The whole body, `length` bytes, into the arena. */
static SUSPENDS enum result take_body(struct request *rq, struct upstream_exchange *x, size_t length, struct slice *body)
{
    char *bytes = ARENA_ARRAY(rq->work.arena, char, length + 1);
    size_t size = 0;
    struct slice piece;
    enum result result;
    while ((result = upstream_read(x, &piece)) == RESULT_OK && piece.size > 0) {
        memcpy(bytes + size, piece.data, piece.size);   /* never more than was announced: inbound_body sees to that */
        size += piece.size;
    }
    *body = slice_of(bytes, size);
    return result == RESULT_CLOSED ? RESULT_MALFORMED : result;
}

/* What there is of the answer once its head is here: all of it, unless that is too long or of unknown length. */
static SUSPENDS enum result take_answer(struct request *rq, const struct http_head *head, struct proxy_answer *out)
{
    int64_t length = upstream_body_length(out->rest);
    enum result result = RESULT_OK;
    out->status = head->status;
    out->length = length;
    out->lines = passed_headers(rq->work.arena, head);
    if (rq->head->method == HTTP_HEAD || length < 0 || length > REPLY_KEPT_MAX)
        return RESULT_OK;
    result = take_body(rq, out->rest, (size_t)length, &out->body);
    upstream_finish(out->rest);
    out->rest = NULL;
    return result;
}

bool proxy_ask(struct request *rq, const char *service, struct proxy_answer *out)
{
    const struct http_head *head = NULL;
    *out = (struct proxy_answer){ .status = 0 };
    if (!rq->route->streams_body && !request_read_all(rq, rq->route->body_max))
        return false;
    enum result result = send_request(rq, service, &out->rest, &head);
    cache_passed_change(rq);
    if (result == RESULT_OK)
        result = take_answer(rq, head, out);
    if (result == RESULT_OK)
        return true;
    if (out->rest)
        upstream_finish(out->rest);
    record_unreachable(rq, service, result);
    return false;
}

static SUSPENDS enum result pass_rest(struct request *rq, struct upstream_exchange *x)
{
    struct slice piece = SLICE("");
    enum result result;
    while ((result = upstream_read(x, &piece)) == RESULT_OK && piece.size > 0)
        if ((result = reply_write(rq, piece)) != RESULT_OK)
            break;
    upstream_finish(x);
    return result;
}

struct reply proxy_pass(struct request *rq, struct proxy_answer *answer, struct slice headers)
{
    char *lines = arena_alloc(rq->work.arena, answer->lines.size + headers.size);
    const char *end = put_slice(put_slice(lines, answer->lines), headers);
    enum result result = reply_start(rq, answer->status, slice_of(lines, (size_t)(end - lines)), answer->length);
    if (result == RESULT_OK && answer->rest)
        result = pass_rest(rq, answer->rest);
    else if (result == RESULT_OK && answer->body.size > 0)
        result = reply_write(rq, answer->body);
    if (result == RESULT_OK)
        result = reply_end(rq);
    /* A reply cut short cannot be mended: the connection to the client closes when reply_end was not reached. */
    return (struct reply){ .status = 0 };
}

struct reply proxy_request(struct request *rq, const char *service, struct slice headers)
{
    struct proxy_answer answer;
    return proxy_ask(rq, service, &answer) ? proxy_pass(rq, &answer, headers) : reply_problem(rq);
}
