/* Fuzz target of http/server: any bytes as what a client sends on one connection. The requests the handlers see must be exactly those that wire/http1 finds
 * when it reads the bytes in one go, however they arrive: none is hidden in another's body, none follows a refusal. First byte: where the bytes are cut. */
#include "loop.h"

#include "http/connection.h"
#include "http/exchange.h"
#include "wire/uri.h"

#include <sys/socket.h>
#include <unistd.h>

#define SEEN_MAX 512

struct seen {
    size_t count;
    uint64_t digest[SEEN_MAX];
};

static struct seen *seeing;

static uint64_t digest_of(uint64_t digest, struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        digest = (digest ^ (unsigned char)text.data[i]) * 1099511628211u;
    return digest;
}

static void note(struct seen *seen, const struct http_head *head, bool whole, struct slice body)
{
    CHECK(seen->count < SEEN_MAX);
    uint64_t digest = digest_of((uint64_t)head->method * 7 + whole, head->target);
    seen->digest[seen->count++] = whole ? digest_of(digest, body) : digest;
}

/* Targets that start with /skip leave their body unread. */
static bool skips(const struct http_head *head)
{
    return slice_starts_with(head->target, SLICE("/skip"));
}

static struct reply dispatch(struct request *rq)
{
    bool whole = skips(rq->head) || request_read_all(rq, 100000);
    note(seeing, rq->head, whole, skips(rq->head) ? SLICE("") : rq->body);
    return whole ? reply_ok(rq, SLICE("{}")) : reply_problem(rq);
}

static struct http_server server = { .config = { .dispatch = dispatch } };

struct sending {
    struct slice text;
    size_t cut;
};

static void send_all(void *arg)
{
    const struct sending *sending = arg;
    int fds[2];
    static char dropped[65536];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    connection_open(&server, fds[0], 0, NULL);
    fuzz_say(fds[1], sending->text, sending->cut, true);
    while (server.connections) {   /* every answer is taken */
        co_sleep_us(0);
        while (recv(fds[1], dropped, sizeof dropped, 0) > 0)
            ;
    }
    while (co_count() > 1)
        co_sleep_us(0);
    (void)close(fds[1]);
    CHECK(server.stats.connections == 0 && server.stats.requests_active == 0);
}

static void serve(struct slice text, size_t cut, struct seen *seen)
{
    struct sending sending = { text, cut };
    seeing = seen;
    seen->count = 0;
    fuzz_in_loop(send_all, &sending);
}

/* ---- the same bytes at once ---- */

static bool read_chunks(struct slice *rest, struct slice *body)
{
    static char bytes[65536];
    struct http_chunked chunked = { 0 };
    *body = slice_of(bytes, 0);
    while (!chunked.done) {
        size_t used;
        struct slice data;
        if (rest->size == 0 || http_chunked_next(&chunked, *rest, &used, &data) != HTTP_PARSE_OK || body->size + data.size > sizeof bytes)
            return false;
        memcpy(bytes + body->size, data.data, data.size);
        body->size += data.size;
        *rest = slice_of(rest->data + used, rest->size - used);
    }
    return true;
}

static bool read_body(const struct http_head *head, struct slice *rest, struct slice *body)
{
    size_t size = head->framing == HTTP_LENGTH ? (size_t)head->content_length : 0;
    *body = SLICE("");
    if (head->framing == HTTP_CHUNKED)
        return read_chunks(rest, body);
    if (rest->size < size)
        return false;
    *body = slice_of(rest->data, size);
    *rest = slice_of(rest->data + size, rest->size - size);
    return true;
}

static void reference(struct slice rest, struct seen *seen)
{
    struct http_head head;
    struct slice body;
    size_t used;
    seen->count = 0;
    while (http_parse_request(rest, &head, &used, NULL) == HTTP_PARSE_OK) {
        rest = slice_of(rest.data + used, rest.size - used);
        bool whole = read_body(&head, &rest, &body);
        note(seen, &head, whole || skips(&head), skips(&head) ? SLICE("") : body);
        if (!whole || !head.keep_alive || (skips(&head) && head.expects_continue))
            return;
    }
}

static void check_same(const struct seen *a, const struct seen *b)
{
    CHECK(a->count == b->count && memcmp(a->digest, b->digest, a->count * sizeof a->digest[0]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seen known, seen;
    struct fuzz_bytes in = { data, data + size };
    size_t cut = fuzz_take(&in, 1) * 3;
    struct slice text = slice_of((const char *)in.at, (size_t)(in.end - in.at));
    if (text.size > 4096)
        return 0;
    reference(text, &known);
    serve(text, text.size, &seen);
    check_same(&known, &seen);
    if (cut < text.size) {
        serve(text, cut, &seen);
        check_same(&known, &seen);
    }
    return 0;
}
