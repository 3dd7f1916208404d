/* See bus_fixture.h. One at a time: the bus and the database are the process's. */
#include "bus_fixture.h"

#include "base/clock.h"
#include "base/hash.h"
#include "bus/events.h"
#include "bus/events_serve.h"
#include "gen/common/sql.h"
#include "http/server.h"
#include "http/upstream.h"
#include "http_peer.h"
#include "io/co.h"
#include "pg_fixture.h"
#include "wire/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct statement st_good = {
    .name = "on_good", .parameter_count = 7, .pool = POOL_WRITE,
    .text = "INSERT INTO effect (event_id, type, subject, customer_id, data, occurred_at, trace) "
            "VALUES ($1::uuid, $2, $3, $4::uuid, $5::jsonb, $6::timestamptz, $7)",
    .autofill = { -1, -1, -1, 6, -1, -1, -1, -1 } };
static const struct statement st_bad = {
    .name = "on_bad", .parameter_count = 1, .pool = POOL_WRITE,
    .text = "WITH made AS (INSERT INTO effect (subject) VALUES ($1)) SELECT cuotas_fail('conflict', 'it is broken') FROM broken",
    .autofill = NO_AUTO };
static const struct statement st_slow = {
    .name = "on_slow", .parameter_count = 1, .pool = POOL_WRITE,
    .text = "INSERT INTO effect (subject) SELECT $1 FROM (SELECT pg_advisory_xact_lock_shared(42)) AS gate", .autofill = NO_AUTO };
static const struct statement st_emit = {
    .name = "emit", .parameter_count = 3, .pool = POOL_WRITE, .emits_events = true,
    .text = "INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at) SELECT $1, $2, "
            "('019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e0' || to_hex($3::int))::uuid, '{\"n\": 9007199254740993}', 'a trace', clock_timestamp()",
    .autofill = NO_AUTO };
static const struct statement *const statements[] = {
    &st_good, &st_bad, &st_slow, &st_emit, &sql_bus_count_dead_letters, &sql_bus_fail_dead_letter, &sql_bus_get_dead_letter,
    &sql_bus_list_dead_letters, &sql_bus_load_cursors, &sql_bus_move_cursors, &sql_bus_new_epoch, &sql_bus_outbox_head,
    &sql_bus_park_event, &sql_bus_prune_outbox, &sql_bus_read_news, &sql_bus_read_outbox, &sql_bus_take_dead_letter, &sql_jobs_revive, NULL };

static char name[64], url[64];
static struct http_server *server;
static struct upstream_reply last_reply;
static struct consumer_rule rules[4];

const char *bus_fixture_name(void)
{
    if (!name[0])
        (void)snprintf(name, sizeof name, "self%d", (int)getpid());
    return name;
}

static const char *producer_url(const char *producer)
{
    assert_string_equal(producer, bus_fixture_name());
    return url;
}

static struct slice identity(struct arena *arena)
{
    (void)arena;
    return SLICE("X-Test-Identity: me\r\n");
}

/* The key is this process's name: another service's messages are not ours. */
static struct slice seal(struct arena *arena, struct slice bytes)
{
    uint8_t tag[HASH_TAG_BYTES];
    const uint64_t key[2] = { hash_contents(slice_from_text(bus_fixture_name())), 0 };
    hash_siphash_128(bytes, key, tag);
    return base64url_encode(arena, slice_of((const char *)tag, sizeof tag));
}

static struct reply dispatch(struct request *rq)
{
    static const char letters[] = "/internal/dead-letters/";
    struct slice rest;
    if (slice_equals_text(rq->path, "/internal/events"))
        return bus_serve_events(rq);
    if (slice_equals_text(rq->path, "/internal/dead-letters"))
        return bus_serve_dead_letters(rq);
    if (slice_equals_text(rq->path, "/livez"))   /* asked by whoever waits for long: the machine is busy */
        return reply_ok(rq, SLICE("{}"));
    assert_true(slice_starts_with(rq->path, slice_from_text(letters)));
    rest = slice_of(rq->path.data + sizeof letters - 1, rq->path.size - sizeof letters + 1);
    rq->path_args[0] = slice_cut(rest, '/', &rest);
    return bus_retry_dead_letter(rq);
}

void bus_fixture_prepare(void)
{
    (void)pg_fixture_sql("DROP TABLE IF EXISTS effect, broken; TRUNCATE outbox, event_cursor, dead_letter, job;"
                         "CREATE TABLE broken (n int); CREATE TABLE effect (id bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, "
                         "type text, subject text, customer_id uuid, data jsonb, occurred_at timestamptz, trace text)");
    rules[0] = (struct consumer_rule){ bus_fixture_name(), "good.thing", &st_good, 0, 1, 2, 3, 4, 5 };
    rules[1] = (struct consumer_rule){ bus_fixture_name(), "bad.thing", &st_bad, -1, -1, 0, -1, -1, -1 };
    rules[2] = (struct consumer_rule){ bus_fixture_name(), "slow.thing", &st_slow, -1, -1, 0, -1, -1, -1 };
}

void bus_fixture_serve(const char *redis_url)
{
    const struct db_config db = { .conninfo = pg_fixture_app(NULL), .read_connections = 2, .write_connections = 2,
                                  .slow_connections = 1, .statements = statements, .on_events = bus_wake_relay };
    assert_int_equal(db_open(&db, clock_monotonic_us() + 20 * INT64_C(1000000)), RESULT_OK);
    pg_fixture_await_ready(5);
    server = peer_serve(dispatch);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", http_server_port(server));
    const struct bus_config config = { .service = bus_fixture_name(), .redis_url = redis_url, .rules = rules,
                                       .producer_url = producer_url, .identity_header = identity, .seal = seal };
    bus_start(&config);
}

void bus_fixture_start(const char *redis_url)
{
    bus_fixture_prepare();
    bus_fixture_serve(redis_url);
}

void bus_fixture_stop(void)
{
    bus_drain(clock_monotonic_us() + 20 * INT64_C(1000000));
    upstream_close_all();
    peer_stop(server);
    db_close();
    co_cancel_all();
}

void bus_fixture_emit_on(PGconn *pg, const char *type, int customer, const char *subject)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at) SELECT '%s', '%s', "
                   "('019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e0' || to_hex(%d))::uuid, '{\"n\": 9007199254740993, \"t\": \"\\u00e9\"}', 'a trace', "
                   "'2031-02-03T04:05:06.789Z'", type, subject, customer);
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s", PQerrorMessage(pg));
    PQclear(result);
}

void bus_fixture_emit(const char *type, int customer, const char *subject)
{
    PGconn *pg = pg_fixture_connect(NULL);
    bus_fixture_emit_on(pg, type, customer, subject);
    PQfinish(pg);
}

void bus_fixture_emit_own(const char *type, int customer, const char *subject)
{
    struct work w = pg_fixture_work();
    assert_true(db_run(&w, &st_emit, (const struct slice[]){ slice_from_text(type), slice_from_text(subject), work_int(&w, customer) }));
    arena_free(w.arena);
}

const char *bus_fixture_effects(void)
{
    return pg_fixture_sql("SELECT string_agg(subject, ',' ORDER BY id) FROM effect");
}

void bus_fixture_await(int count)
{
    int64_t deadline_us = clock_monotonic_us() + 20 * INT64_C(1000000);
    while (atoi(pg_fixture_sql("SELECT count(*) FROM effect")) < count) {
        if (clock_monotonic_us() > deadline_us)
            fail_msg("%d effects were expected, these came: %s", count, bus_fixture_effects());
        co_sleep_us(5000);
    }
}

int bus_fixture_call(struct work *w, const char *method, const char *target, struct slice *body)
{
    const struct upstream_request rq = { .method = method, .target = slice_from_text(target), .headers = SLICE("") };
    assert_int_equal(upstream_call(w, upstream_for(url), &rq, &last_reply), RESULT_OK);
    *body = last_reply.body;
    return last_reply.status;
}

struct slice bus_fixture_header(const char *lower_case_name)
{
    return http_header_find(last_reply.head, lower_case_name);
}
