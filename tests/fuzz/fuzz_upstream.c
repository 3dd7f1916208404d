/* Fuzz target of http/upstream: any bytes as what a service behind us answers, over a pooled connection. However they arrive, the exchange must come to
 * the same end and the same body as wire/http1 read in one go; a connection goes back to the pool only when nothing came behind the reply, and a byte that comes
 * while it is idle takes it out. First bytes: to a HEAD request?, where the bytes are cut. */
#include "loop.h"

#include "base/work.h"
#include "http/upstream_pool.h"

#define BODY_MAX 8192

struct answer {
    enum result result;
    int status;
    size_t size;
    uint64_t sum;
    bool pooled;
};

struct exchange_run {
    struct slice text;
    size_t cut;
    bool to_head;
    struct answer answer;
};

static uint64_t add_up(uint64_t sum, struct slice data)
{
    for (size_t i = 0; i < data.size; i++)
        sum = sum * 31 + (unsigned char)data.data[i];
    return sum;
}

static struct upstream up = { .base_url = SLICE("http://behind"), .authority = SLICE("behind") };

static void read_answer(struct upstream_exchange *x, bool to_head, struct answer *out)
{
    const struct http_head *head = NULL;
    struct slice piece;
    out->result = upstream_read_head(x, to_head, &head);
    if (out->result != RESULT_OK)
        return;
    out->status = head->status;
    CHECK(upstream_body_length(x) >= -1);
    while ((out->result = upstream_read(x, &piece)) == RESULT_OK && piece.size > 0) {
        out->size += piece.size;
        out->sum = add_up(out->sum, piece);
    }
}

static void converse(void *arg)
{
    struct exchange_run *run = arg;
    struct work work = { .arena = arena_new(), .deadline_us = FUZZ_DEADLINE_US };
    struct upstream_exchange *idle = calloc(1, sizeof *idle), *x = NULL;
    int other;
    CHECK(idle);
    *idle = (struct upstream_exchange){ .up = &up, .stream = fuzz_stream(&other) };
    up.count = 1;
    upstream_put(idle);   /* as if an exchange had ended well on it */
    CHECK(upstream_open(&work, &up, &x) == RESULT_OK && x == idle);
    fuzz_say(other, run->text, run->cut, false);
    read_answer(x, run->to_head, &run->answer);
    upstream_finish(x);
    run->answer.pooled = up.idle_count == 1;
    while (co_count() > 1)
        co_sleep_us(0);
    fuzz_settle();   /* the other side has ended by now, and perhaps said more */
    CHECK(up.idle_count == 0 && !up.idle && up.count == 0);
    arena_free(work.arena);
}

static struct answer ask(struct slice text, size_t cut, bool to_head)
{
    struct exchange_run run = { text, cut, to_head, { 0 } };
    fuzz_in_loop(converse, &run);
    return run.answer;
}

/* ---- the same bytes at once, without a connection ---- */

static enum result decode_chunks(struct slice rest, struct answer *out, struct slice *behind)
{
    struct http_chunked chunked = { 0 };
    while (!chunked.done) {
        size_t used;
        struct slice data;
        if (rest.size == 0)
            return RESULT_CLOSED;
        if (http_chunked_next(&chunked, rest, &used, &data) != HTTP_PARSE_OK)
            return RESULT_MALFORMED;
        out->size += data.size;
        out->sum = add_up(out->sum, data);
        rest = slice_of(rest.data + used, rest.size - used);
    }
    *behind = rest;
    return RESULT_OK;
}

static enum result read_body(const struct http_head *head, struct slice rest, struct answer *out, struct slice *behind)
{
    size_t size = head->framing == HTTP_LENGTH ? (size_t)head->content_length : head->framing == HTTP_UNTIL_CLOSE ? rest.size : 0;
    if (head->framing == HTTP_CHUNKED)
        return decode_chunks(rest, out, behind);
    bool whole = rest.size >= size;
    struct slice body = slice_of(rest.data, whole ? size : rest.size);
    out->size = body.size;
    out->sum = add_up(0, body);
    *behind = slice_of(rest.data + body.size, rest.size - body.size);
    return whole ? RESULT_OK : RESULT_CLOSED;
}

/* pooled: whether the connection may be used again, were nobody to close it. */
static struct answer reference(struct slice rest, bool to_head)
{
    struct answer out = { .result = RESULT_MALFORMED };
    struct http_head head;
    struct slice behind = SLICE("");
    size_t used = 0;
    bool more = rest.size == 0;
    do {
        rest = slice_of(rest.data + used, rest.size - used);
        enum http_parse verdict = http_parse_reply(rest, to_head, &head, &used, NULL);
        more = rest.size == 0;
        if (verdict != HTTP_PARSE_OK) {
            out.result = more ? RESULT_CLOSED : RESULT_MALFORMED;
            return out;
        }
        if (head.status == 101)
            return out;
    } while (head.status < 200);
    out.status = head.status;
    out.result = read_body(&head, slice_of(rest.data + used, rest.size - used), &out, &behind);
    out.pooled = out.result == RESULT_OK && head.keep_alive && behind.size == 0;
    return out;
}

static void check_same(struct answer a, struct answer b)
{
    CHECK(a.result == b.result && a.status == b.status);
    if (a.result == RESULT_OK)
        CHECK(a.size == b.size && a.sum == b.sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, data + size };
    bool to_head = fuzz_take(&in, 1) % 2;
    size_t cut = fuzz_take(&in, 1) * 3;
    struct slice text = slice_of((const char *)in.at, (size_t)(in.end - in.at));
    if (text.size > BODY_MAX)
        return 0;
    struct answer known = reference(text, to_head), whole = ask(text, text.size, to_head);
    check_same(known, whole);
    CHECK(known.pooled == whole.pooled);
    if (cut < text.size)
        check_same(known, ask(text, cut, to_head));
    return 0;
}
