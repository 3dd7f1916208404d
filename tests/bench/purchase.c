/* The load client of whole purchases: so many clients, each one purchase after the other through the gateway, as a shop's front end would
 * ask: find a product (a page, or a search), read it, make a cart, put it in, order it, pay, and read the order again until the
 * provider's event has confirmed it. One process, a coroutine a client, over libcommon, so that it costs little beside what it measures.
 *
 *     purchase GATEWAY_URL CLIENTS SECONDS < what
 *
 * `what`, a line each: `offer <id>`, `token <access token>` (customers, shared out among the clients), `find <path>` (a list of products).
 * Every purchase has keys of its own. What began in time is brought to its end. Prints one JSON line: purchases completed, how long it
 * took, requests sent, each step's latencies and its failures (and the first of them in words, on stderr). A reply that is not what the
 * contract says is a failure of its step; its purchase is not counted and the client goes on with another. */
#include "base/clock.h"
#include "base/random.h"
#include "base/uuid.h"
#include "http/upstream.h"
#include "io/co.h"
#include "io/loop.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define LINES_MAX 4096
#define LINE_BYTES 4096
#define CLIENTS_MAX 1024
#define STEP_TIMEOUT_US (10 * INT64_C(1000000))
#define CONFIRM_TIMEOUT_US (20 * INT64_C(1000000))
#define LOOK_AGAIN_US 20000   /* until an order is read again; half as long again each time */

enum step { STEP_FIND, STEP_PRODUCT, STEP_CART, STEP_LINE, STEP_ORDER, STEP_PAY, STEP_READ, STEP_CONFIRMED, STEP_PURCHASE, STEPS };
static const char *const step_names[STEPS] = { "find", "product", "cart", "line", "order", "pay", "read", "confirmed", "purchase" };

static struct {
    int64_t *us;
    size_t count, capacity;
    uint64_t failures;
} steps[STEPS];

struct lines {
    struct slice at[LINES_MAX];
    size_t count;
};

static struct lines tokens, finds;
static struct slice offer;
static struct upstream *gateway;
static size_t clients, running;
static int64_t until_us;
static uint64_t requests;

/* One purchase; its arena goes with it. */
struct purchase {
    struct work work;
    struct slice token, product, cart, order, payment;
};

/* ---- Counting ---- */

static void note(enum step step, int64_t started_us)
{
    if (steps[step].count == steps[step].capacity) {
        steps[step].capacity = steps[step].capacity ? steps[step].capacity * 2 : 4096;
        steps[step].us = realloc(steps[step].us, steps[step].capacity * sizeof *steps[step].us);
        if (!steps[step].us)
            abort();
    }
    steps[step].us[steps[step].count++] = clock_monotonic_us() - started_us;
}

static bool failed(enum step step, const char *why, const struct upstream_reply *reply)
{
    if (steps[step].failures++ == 0)
        (void)fprintf(stderr, "%s: %s; status %d: %.*s\n", step_names[step], why, reply->status, (int)(reply->body.size < 400 ? reply->body.size : 400),
                      reply->body.data ? reply->body.data : "");
    return false;
}

/* ---- Asking ---- */

/* One request as this purchase's customer. True: answered with that status, and JSON. */
SUSPENDS static bool ask(struct purchase *p, enum step step, const char *method, struct slice target, struct slice body, bool keyed, int status,
                         struct slice *answer)
{
    struct work *w = &p->work;
    const int64_t started_us = clock_monotonic_us();
    const char *key = keyed ? arena_printf(w->arena, "Idempotency-Key: %.*s\r\n", SLICE_FMT(uuid_new(w->arena))).data : "";
    const struct upstream_request rq = {
        .method = method, .target = target, .body = body, .repeatable = keyed || strcmp(method, "GET") == 0,
        .headers = arena_printf(w->arena, "Authorization: Bearer %.*s\r\n%s", SLICE_FMT(p->token), key) };
    struct upstream_reply reply = { 0 };
    w->deadline_us = started_us + STEP_TIMEOUT_US;
    requests++;
    const enum result result = upstream_call(w, gateway, &rq, &reply);
    if (result != RESULT_OK)
        return failed(step, result_name(result), &reply);
    if (reply.status != status)
        return failed(step, "another status", &reply);
    if (!json_check(reply.body, NULL, NULL))
        return failed(step, "no JSON", &reply);
    note(step, started_us);
    *answer = reply.body;
    return true;
}

static struct slice text_of(struct purchase *p, struct slice body, const char *name)
{
    return json_walk_text(p->work.arena, json_walk_member(body, name));
}

static bool wrong(enum step step, const char *why, struct slice body)
{
    return failed(step, why, &(struct upstream_reply){ .body = body });
}

/* ---- The steps ---- */

/* One of the products listed. */
SUSPENDS static bool find(struct purchase *p)
{
    struct slice body, name, product;
    if (!ask(p, STEP_FIND, "GET", finds.at[random_u64() % finds.count], SLICE_NONE, false, 200, &body))
        return false;
    const struct slice data = json_walk_member(body, "data");
    size_t count = 0;
    for (struct json_walk walk = json_walk(data); json_walk_next(&walk, &name, &product);)
        count++;
    if (count == 0)
        return wrong(STEP_FIND, "nothing was found", body);
    size_t chosen = random_u64() % count;
    for (struct json_walk walk = json_walk(data); json_walk_next(&walk, &name, &product) && chosen > 0;)
        chosen--;
    p->product = text_of(p, product, "id");
    return p->product.size > 0 || wrong(STEP_FIND, "a product without id", body);
}

SUSPENDS static bool read_product(struct purchase *p)
{
    struct slice body;
    return ask(p, STEP_PRODUCT, "GET", arena_printf(p->work.arena, "/v1/products/%.*s", SLICE_FMT(p->product)), SLICE_NONE, false, 200, &body) &&
           (slice_equals(text_of(p, body, "id"), p->product) || wrong(STEP_PRODUCT, "another product", body));
}

SUSPENDS static bool fill_cart(struct purchase *p)
{
    struct arena *arena = p->work.arena;
    struct slice body;
    if (!ask(p, STEP_CART, "POST", SLICE("/v1/carts"), SLICE("{}"), false, 201, &body))
        return false;
    p->cart = text_of(p, body, "id");
    const struct slice line = arena_printf(arena, "{\"product_id\":\"%.*s\",\"quantity\":1}", SLICE_FMT(p->product));
    if (!ask(p, STEP_LINE, "POST", arena_printf(arena, "/v1/carts/%.*s/lines", SLICE_FMT(p->cart)), line, false, 200, &body))
        return false;
    struct slice name, first;
    struct json_walk lines = json_walk(json_walk_member(body, "lines"));
    return (json_walk_next(&lines, &name, &first) && slice_equals(text_of(p, first, "product_id"), p->product)) ||
           wrong(STEP_LINE, "the line is not in the cart", body);
}

SUSPENDS static bool place_order(struct purchase *p)
{
    struct slice body;
    const struct slice asked = arena_printf(p->work.arena, "{\"cart_id\":\"%.*s\",\"offer_id\":\"%.*s\",\"terms_version\":\"v1\",\"terms_accepted\":true}",
                                            SLICE_FMT(p->cart), SLICE_FMT(offer));
    if (!ask(p, STEP_ORDER, "POST", SLICE("/v1/orders"), asked, true, 201, &body))
        return false;
    p->order = text_of(p, body, "id");
    return slice_equals_text(text_of(p, body, "status"), "pending_payment") || wrong(STEP_ORDER, "another status of the order", body);
}

SUSPENDS static bool pay(struct purchase *p)
{
    struct slice body;
    const struct slice asked = arena_printf(p->work.arena, "{\"order_id\":\"%.*s\",\"payment_method\":{\"provider\":\"stripe\",\"token\":\"pm_card_visa\"}}",
                                            SLICE_FMT(p->order));
    return ask(p, STEP_PAY, "POST", SLICE("/v1/payments"), asked, true, 201, &body) &&
           (slice_equals(text_of(p, body, "order_id"), p->order) || wrong(STEP_PAY, "the payment of another order", body));
}

SUSPENDS static bool read_until_confirmed(struct purchase *p)
{
    const int64_t started_us = clock_monotonic_us();
    const struct slice target = arena_printf(p->work.arena, "/v1/orders/%.*s", SLICE_FMT(p->order));
    for (int64_t pause_us = LOOK_AGAIN_US; clock_monotonic_us() - started_us < CONFIRM_TIMEOUT_US; pause_us += pause_us / 2) {
        struct slice body;
        co_sleep_us(pause_us);
        if (!ask(p, STEP_READ, "GET", target, SLICE_NONE, false, 200, &body))
            return false;
        const struct slice status = text_of(p, body, "status");
        if (!slice_equals(text_of(p, body, "id"), p->order))
            return wrong(STEP_READ, "another order", body);
        if (slice_equals_text(status, "confirmed")) {
            note(STEP_CONFIRMED, started_us);
            return true;
        }
        if (!slice_equals_text(status, "pending_payment"))
            return wrong(STEP_READ, "neither waiting nor confirmed", body);
    }
    return wrong(STEP_CONFIRMED, "not confirmed in time", p->order);
}

SUSPENDS static void buy(struct slice token)
{
    struct purchase p = { .work = { .arena = arena_new() }, .token = token };
    const int64_t started_us = clock_monotonic_us();
    if (find(&p) && read_product(&p) && fill_cart(&p) && place_order(&p) && pay(&p) && read_until_confirmed(&p))
        note(STEP_PURCHASE, started_us);
    else
        steps[STEP_PURCHASE].failures++;
    arena_free(p.work.arena);
}

static void client(void *number)
{
    for (size_t at = (uintptr_t)number; clock_monotonic_us() < until_us; at += clients)
        buy(tokens.at[at % tokens.count]);
    running--;
}

/* ---- The whole ---- */

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void report(int64_t took_us)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    const int64_t cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    printf("{\"purchases\":%zu,\"took_us\":%" PRId64 ",\"requests\":%" PRIu64 ",\"cpu_us\":%" PRId64 ",\"steps\":{", steps[STEP_PURCHASE].count, took_us,
           requests, cpu_us);
    for (int i = 0; i < STEPS; i++) {
        int64_t *us = steps[i].us;
        const size_t count = steps[i].count;
        if (count > 0)
            qsort(us, count, sizeof *us, by_size);
        printf("%s\"%s\":{\"count\":%zu,\"failures\":%" PRIu64 ",\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64 "}", i ? "," : "", step_names[i], count,
               steps[i].failures, count ? us[count / 2] : 0, count ? us[count * 99 / 100] : 0);
        free(us);
    }
    printf("}}\n");
}

static void run(void *seconds)
{
    const int64_t started_us = clock_monotonic_us();
    until_us = started_us + (int64_t)(intptr_t)seconds * 1000000;
    for (running = 0; running < clients; running++)
        if (co_spawn(client, (void *)(uintptr_t)running) != RESULT_OK)
            abort();
    while (running > 0)
        co_sleep_us(1000);
    report(clock_monotonic_us() - started_us);
    upstream_close_all();
    co_cancel_all();
    loop_stop();
}

static void keep(struct lines *lines, const char *text)
{
    if (lines->count < LINES_MAX)
        lines->at[lines->count++] = slice_from_text(strdup(text));
}

static bool read_what(void)
{
    static char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "token ", 6) == 0)
            keep(&tokens, line + 6);
        else if (strncmp(line, "find ", 5) == 0)
            keep(&finds, line + 5);
        else if (strncmp(line, "offer ", 6) == 0)
            offer = slice_from_text(strdup(line + 6));
        else
            return false;
    }
    return tokens.count > 0 && finds.count > 0 && offer.size > 0;
}

int main(int argc, char **argv)
{
    const long seconds = argc == 4 ? atol(argv[3]) : 0;
    clients = argc == 4 ? (size_t)atol(argv[2]) : 0;
    if (clients < 1 || clients > CLIENTS_MAX || seconds < 1 || !upstream_url_valid(argv[1]) || !read_what()) {
        (void)fprintf(stderr, "usage: %s GATEWAY_URL CLIENTS SECONDS < lines of offer, token, find\n", argv[0]);
        return 64;
    }
    loop_init();
    gateway = upstream_for(argv[1]);
    if (co_spawn(run, (void *)(intptr_t)seconds) != RESULT_OK)
        return 1;
    loop_run();
    loop_close();
    return 0;
}
