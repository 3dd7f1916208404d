/* See cache.h: a request's way past the kept answers. What is found in the ring is copied before anything suspends: sending it to somebody slow holds
 * the copy, not the ring. A flight is ended as soon as the answer is whole or failed, before its own client is sent a byte. */
#include "cache.h"

#include "base/clock.h"
#include "cache_etag.h"
#include "cache_flight.h"
#include "cache_watch.h"
#include "gateway.h"
#include "http/server.h"
#include "service/config.h"
#include "service/metrics.h"

#define TTL_MS 1000
#define BYTES (8 * 1024 * 1024)
#define WAIT_US (500 * INT64_C(1000))   /* a service that is slow for one is asked by the others too: its own limits hold then */
#define WAITS_MAX 2                     /* for one request: what it waited for may have changed meanwhile */

static struct cache_store *store;       /* NULL: nothing is kept */
static int64_t ttl_us;
static const char *redis_url;

#define REQUESTS_METRIC(how) { .name = "cuotas_cache_requests_total", .help = "Requests for what may be kept, by where the answer came from.", .labels = how }
static struct metric hits = REQUESTS_METRIC("answer=\"kept\"");
static struct metric shared = REQUESTS_METRIC("answer=\"another's\"");
static struct metric asked = REQUESTS_METRIC("answer=\"asked\"");
static struct metric unchanged = { .name = "cuotas_cache_not_modified_total", .help = "Answers that were not sent again: If-None-Match." };

void cache_configure(void)
{
    ttl_us = config_int_or("CACHE_TTL_MS", TTL_MS, 0, 60000) * 1000;
    int64_t bytes = config_int_or("CACHE_BYTES", BYTES, 0, 1024 * 1024 * 1024);
    redis_url = config_text_or("REDIS_URL", NULL);
    if (bytes > 0 && bytes < CACHE_BYTES_MIN)
        config_problem("CACHE_BYTES", "must be 0, or at least 262144");
    else if (ttl_us > 0 && bytes > 0 && !(store = cache_store_new((size_t)bytes)))
        config_problem("CACHE_BYTES", "is more memory than there is");
}

bool cache_start(void)
{
    return !store || cache_watch_start(store, redis_url);
}

void cache_passed_change(const struct request *rq)
{
    if (store && rq->route->cache == ROUTE_CHANGES_KEPT)
        cache_store_changed(store, SLICE("*"));
}

/* ---- Answers ---- */

/* Whose headers say nothing about keeping or about one caller. */
static bool is_keepable(const struct proxy_answer *answer)
{
#define NAME(text) { text, sizeof text - 1 }
    static const struct slice telling[] = { NAME("set-cookie"), NAME("cache-control"), NAME("expires"), NAME("pragma"), NAME("vary"), NAME("etag"),
                                            NAME("last-modified"), NAME("content-range") };
#undef NAME
    struct slice name, line;
    for (struct slice rest = answer->lines; rest.size > 0; rest = slice_is_none(rest) ? SLICE("") : rest) {
        line = slice_cut(rest, '\n', &rest);
        name = slice_cut(line, ':', &line);
        for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
            if (slice_equals_nocase(name, telling[i]))
                return false;
    }
    return answer->status == 200 && !answer->rest;
}

static struct slice lines_of(struct request *rq, const struct cache_entry *entry, struct slice etag, bool is_unchanged, const char *status, struct slice headers)
{
    struct slice parts[] = { is_unchanged ? SLICE("") : entry->lines, SLICE("ETag: "), etag, SLICE("\r\nCache-Control: public, no-cache\r\n"),
                             store ? slice_from_text(status) : SLICE(""), headers };
    size_t size = 0, count = sizeof parts / sizeof *parts;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    char *text = ARENA_ARRAY(rq->work.arena, char, size), *at = text;
    for (size_t i = 0; i < count; i++)
        if (parts[i].size > 0)
            at = (char *)memcpy(at, parts[i].data, parts[i].size) + parts[i].size;
    return slice_of(text, size);
}

/* The entry's body stays where it is until this returns. */
static SUSPENDS struct reply answer_with(struct request *rq, const struct cache_entry *entry, const char *status, struct slice headers)
{
    char text[ETAG_TEXT];
    struct slice etag = etag_write(text, entry->etag, entry->body.size);
    bool is_unchanged = etag_named(rq->head, etag);
    struct slice lines = lines_of(rq, entry, etag, is_unchanged, status, headers);
    metric_add(&unchanged, is_unchanged);
    enum result result = reply_start(rq, is_unchanged ? 304 : 200, lines, is_unchanged ? 0 : (int64_t)entry->body.size);
    if (result == RESULT_OK && !is_unchanged && entry->body.size > 0)
        result = reply_write(rq, entry->body);
    if (result == RESULT_OK)
        result = reply_end(rq);
    return (struct reply){ .status = 0 };   /* a reply cut short closes the connection */
}

static bool find(struct request *rq, struct cache_entry *out)
{
    if (!cache_store_find(store, rq->head->target, clock_monotonic_us(), out))
        return false;
    out->lines = arena_copy(rq->work.arena, out->lines);
    out->body = arena_copy(rq->work.arena, out->body);
    return true;
}

/* ---- Asking ---- */

/* As GET, for the body is what an ETag is made of. */
static SUSPENDS bool ask_whole(struct request *rq, const char *service, struct proxy_answer *out)
{
    const struct http_head *head = rq->head;
    if (head->method == HTTP_HEAD) {
        struct http_head *as_get = ARENA_NEW(rq->work.arena, struct http_head);
        *as_get = *head;
        as_get->method = HTTP_GET;
        rq->head = as_get;
    }
    bool answered = proxy_ask(rq, service, out);
    rq->head = head;
    return answered;
}

static bool keep(const struct request *rq, const struct cache_entry *entry, uint64_t version, int64_t asked_us)
{
    return cache_store_put(store, rq->head->target, entry, version, asked_us + ttl_us, clock_monotonic_us());
}

static SUSPENDS struct reply ask(struct request *rq, const char *service, struct slice headers)
{
    struct proxy_answer answer;
    struct cache_flight flight;
    struct cache_entry entry = { .etag = 0 };
    uint64_t version = store ? cache_store_version(store) : 0;
    int64_t asked_us = clock_monotonic_us();
    metric_add(&asked, 1);
    if (store)
        cache_flight_begin(&flight, rq->head->target, version);
    bool answered = ask_whole(rq, service, &answer);
    bool keepable = answered && is_keepable(&answer);
    if (keepable)
        entry = (struct cache_entry){ answer.lines, answer.body, etag_hash(answer.body) };
    if (store)
        cache_flight_end(&flight, keepable && keep(rq, &entry, version, asked_us));
    if (!answered)
        return reply_problem(rq);
    return keepable ? answer_with(rq, &entry, "Cache-Status: cuotas; fwd=miss\r\n", headers) : proxy_pass(rq, &answer, headers);
}

/* Waits while somebody asks for the same; true: look again. One that asked before a change is not waited for: its answer may be of before. */
static SUSPENDS bool await_other(struct request *rq)
{
    struct cache_flight *flight = cache_flight_find(rq->head->target);
    int64_t deadline_us = clock_monotonic_us() + WAIT_US;
    if (!flight || !cache_store_holds(store, flight->key, flight->version))
        return false;
    return cache_flight_wait(flight, deadline_us < rq->work.deadline_us ? deadline_us : rq->work.deadline_us) == RESULT_OK;
}

SUSPENDS struct reply cache_serve(struct request *rq, const char *service, struct slice headers)
{
    struct cache_entry entry;
    if (!request_read_all(rq, rq->route->body_max))
        return reply_problem(rq);
    for (int waits = 0; store; waits++) {
        if (find(rq, &entry)) {
            metric_add(waits > 0 ? &shared : &hits, 1);
            return answer_with(rq, &entry, waits > 0 ? "Cache-Status: cuotas; fwd=miss; collapsed\r\n" : "Cache-Status: cuotas; hit\r\n", headers);
        }
        if (waits == WAITS_MAX || !await_other(rq))
            break;
    }
    return ask(rq, service, headers);
}
