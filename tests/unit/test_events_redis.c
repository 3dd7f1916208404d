/* The wake-up path over a real Redis (CUOTAS_TEST_REDIS, a URL), and life without it. A message saves the second until the next poll;
 * nothing more depends on it. */
#include "bus_fixture.h"
#include "check.h"
#include "pg_fixture.h"
#include "run_co.h"

#include "bus/events.h"
#include "bus/redis.h"
#include "wire/json.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *redis_url(void)
{
    return getenv("CUOTAS_TEST_REDIS");
}

static int setup(void **state)
{
    if (!redis_url()) {
        (void)fprintf(stderr, "CUOTAS_TEST_REDIS is not set: it must be the URL of a Redis\n");
        exit(1);   /* cmocka would call a group without tests a success */
    }
    return pg_fixture_setup(state);
}

static struct redis *connect_to_redis(void)
{
    struct redis *redis = NULL;
    assert_int_equal(redis_connect(redis_url(), TEST_DEADLINE_US, &redis), RESULT_OK);
    return redis;
}

static redisReply *ask(struct redis *redis, const struct slice *words, size_t count)
{
    redisReply *reply = NULL;
    assert_int_equal(redis_add(redis, words, count), RESULT_OK);
    assert_int_equal(redis_flush(redis, TEST_DEADLINE_US), RESULT_OK);
    assert_int_equal(redis_read(redis, TEST_DEADLINE_US, &reply), RESULT_OK);
    return reply;
}

static void await_redis(bool connected)
{
    while (bus_stats().redis_connected != connected)
        co_sleep_us(1000);
}

CO_TEST(commands_are_pipelined_and_replies_read_one_by_one)
{
    struct redis *redis = connect_to_redis();
    static char payload[100000];
    memset(payload, 'x', sizeof payload);
    for (int i = 0; i < 20; i++)
        assert_int_equal(redis_add(redis, (const struct slice[]){ SLICE("ECHO"), slice_of(payload, sizeof payload) }, 2), RESULT_OK);
    assert_int_equal(redis_flush(redis, TEST_DEADLINE_US), RESULT_OK);
    for (int i = 0; i < 20; i++) {
        redisReply *reply = NULL;
        assert_int_equal(redis_read(redis, TEST_DEADLINE_US, &reply), RESULT_OK);
        assert_int_equal(reply->len, sizeof payload);
        freeReplyObject(reply);
    }
    assert_true(redis_is_idle(redis));
    redisReply *none = NULL;
    assert_int_equal(redis_read(redis, clock_monotonic_us() + 20000, &none), RESULT_TIMEOUT);
    redisReply *error = ask(redis, (const struct slice[]){ SLICE("NONSENSE") }, 1);
    assert_int_equal(error->type, REDIS_REPLY_ERROR);
    freeReplyObject(error);
    redis_close(redis);
}

CO_TEST(bad_addresses_are_told_apart)
{
    struct redis *redis = NULL;
    static const char *const malformed[] = { "", "localhost", "http://localhost", "redis://", "redis://h:99999" };
    for (size_t i = 0; i < TABLE_COUNT(malformed); i++)
        assert_int_equal(redis_connect(malformed[i], TEST_DEADLINE_US, &redis), RESULT_MALFORMED);
    assert_int_equal(redis_connect("unix:///nowhere/redis.sock", TEST_DEADLINE_US, &redis), RESULT_CLOSED);
    assert_int_equal(redis_connect("/nowhere/redis.sock", TEST_DEADLINE_US, &redis), RESULT_CLOSED);
    if (strncmp(redis_url(), "redis://", 8) == 0) {
        char url[256];
        (void)snprintf(url, sizeof url, "redis://nobody:wrong%%21@%s", redis_url() + 8);
        assert_int_equal(redis_connect(url, TEST_DEADLINE_US, &redis), RESULT_REFUSED);
    }
}

CO_TEST(a_commit_is_announced_as_a_cloudevent)
{
    bus_fixture_start(redis_url());
    await_redis(true);
    char channel[96];
    int size = snprintf(channel, sizeof channel, "events.%s", bus_fixture_name());
    struct redis *redis = connect_to_redis();
    freeReplyObject(ask(redis, (const struct slice[]){ SLICE("SUBSCRIBE"), slice_of(channel, (size_t)size) }, 2));
    bus_fixture_emit_own("other.thing", 9, "told");
    redisReply *message = NULL;
    assert_int_equal(redis_read(redis, TEST_DEADLINE_US, &message), RESULT_OK);
    assert_int_equal(message->elements, 3);
    struct slice event = slice_of(message->element[2]->str, (size_t)message->element[2]->len);
    assert_slice(json_walk_member(event, "specversion"), "\"1.0\"");
    assert_slice(json_walk_member(event, "type"), "\"other.thing\"");
    assert_slice(json_walk_member(event, "subject"), "\"told\"");
    assert_slice(json_walk_member(event, "lane"), "9");
    assert_slice(json_walk_member(json_walk_member(event, "data"), "n"), "9007199254740993");
    freeReplyObject(message);
    redis_close(redis);
    assert_int_equal(bus_stats().published, 1);
    bus_fixture_stop();
}

/* A message of Redis has sent the consumer to look for each: it did not wait for its next poll. */
static void assert_woken(int events)
{
    uint64_t before = bus_stats().woken;
    (void)pg_fixture_sql("TRUNCATE effect");
    for (int i = 0; i < events; i++) {
        bus_fixture_emit_own("good.thing", i % 16, "x");
        bus_fixture_await(i + 1);
        for (int64_t until_us = TEST_DEADLINE_US; bus_stats().woken < before + (uint64_t)i + 1; co_sleep_us(1000))
            assert_true(clock_monotonic_us() < until_us);
    }
}

CO_TEST(each_event_wakes_its_consumer)
{
    bus_fixture_start(redis_url());
    await_redis(true);
    assert_woken(10);
    assert_int_equal(bus_stats().published, 10);
    bus_fixture_stop();
}

CO_TEST(events_come_with_their_messages)
{
    bus_fixture_start(redis_url());
    await_redis(true);
    for (int i = 0; i < 20; i++) {
        bus_fixture_emit_own(i % 4 ? "good.thing" : "other.thing", i % 16, "x");
        co_sleep_us(2000);
    }
    bus_fixture_await(15);
    struct bus_stats stats = bus_stats();
    /* A commit is seen by others before we are told of it. */
    for (int64_t until_us = TEST_DEADLINE_US; stats.applied < 15 && clock_monotonic_us() < until_us; stats = bus_stats())
        co_sleep_us(1000);
    assert_int_equal(stats.pushed + stats.pulled, 15);
    assert_true(stats.pushed > 0);   /* all but those that a poll, each second, or the first look found */
    assert_int_equal(stats.applied, 15);
    bus_fixture_stop();
}

/* Somebody who can write to Redis: an event that never was, right behind the last one. */
CO_TEST(what_others_say_on_redis_is_looked_after_and_not_believed)
{
    bus_fixture_start(redis_url());
    await_redis(true);
    bus_fixture_emit_own("good.thing", 1, "true");
    bus_fixture_await(1);
    struct redis *redis = connect_to_redis();
    struct work w = pg_fixture_work();
    struct slice event = slice_from_text(pg_fixture_sql(
        "SELECT json_build_object('id', gen_random_uuid(), 'type', 'good.thing', 'subject', 'forged', 'time', now(), 'lane', 1, 'epoch', epoch::text, "
        "'xid', xid::text, 'sequence', (id + 1)::text, 'data', json_build_object(), 'after', epoch || ':' || xid || ':' || id, "
        "'seal', repeat('A', 22)) FROM outbox"));
    struct slice channel = arena_printf(w.arena, "events.%s", bus_fixture_name());
    for (int i = 0; i < 3; i++)
        freeReplyObject(ask(redis, (const struct slice[]){ SLICE("PUBLISH"), channel, i ? event : SLICE("{") }, 3));
    bus_fixture_emit_own("good.thing", 1, "true too");
    bus_fixture_await(2);
    assert_string_equal(bus_fixture_effects(), "true,true too");
    redis_close(redis);
    arena_free(w.arena);
    bus_fixture_stop();
}

CO_TEST(a_running_transaction_elsewhere_delays_only_until_it_ends)
{
    bus_fixture_start(redis_url());
    await_redis(true);
    PGconn *late = pg_fixture_connect(NULL);
    PQclear(PQexec(late, "BEGIN; SELECT pg_current_xact_id()"));
    bus_fixture_emit_own("good.thing", 1, "held");
    for (int i = 0; i < 50; i++)
        co_sleep_us(2000);
    assert_string_equal(bus_fixture_effects(), "");
    PQfinish(late);
    bus_fixture_await(1);   /* nobody told us: looked again by itself */
    bus_fixture_stop();
}

CO_TEST(connections_that_redis_cuts_come_back)
{
    bus_fixture_start(redis_url());
    await_redis(true);
    struct redis *redis = connect_to_redis();
    for (int i = 0; i < 2; i++) {
        freeReplyObject(ask(redis, (const struct slice[]){ SLICE("CLIENT"), SLICE("KILL"), SLICE("TYPE"), SLICE("pubsub") }, 4));
        freeReplyObject(ask(redis, (const struct slice[]){ SLICE("CLIENT"), SLICE("KILL"), SLICE("TYPE"), SLICE("normal"), SLICE("SKIPME"),
                                                           SLICE("yes") }, 6));
        await_redis(false);
        bus_fixture_emit_own("good.thing", 1, "meanwhile");   /* found by polling, or when the subscriber is back */
        bus_fixture_await(i ? 4 : 1);
        await_redis(true);
        if (i == 0)
            assert_woken(3);
    }
    redis_close(redis);
    bus_fixture_stop();
}

CO_TEST(without_redis_events_come_by_polling)
{
    bus_fixture_start("unix:///nowhere/redis.sock");
    bus_fixture_emit_own("good.thing", 1, "a");
    bus_fixture_emit_own("good.thing", 2, "b");
    bus_fixture_await(2);
    assert_false(bus_stats().redis_connected);
    assert_int_equal(bus_stats().published, 0);
    bus_fixture_stop();
}

/* Hangs up on whoever connects until the time, while events are committed; how many did. */
static int hang_up_on_all(int listener, int64_t until_us)
{
    int count = 0;
    while (clock_monotonic_us() < until_us) {
        int peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (peer >= 0) {
            (void)close(peer);
            count++;
        }
        bus_fixture_emit_own("other.thing", 1, "meanwhile");
        co_sleep_us(1000);
    }
    return count;
}

CO_TEST(who_accepts_and_hangs_up_is_met_with_growing_pauses)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 64), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    char url[64];
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", ntohs(address.sin_port));
    bus_fixture_start(url);
    /* Relay and subscriber come, with pauses from 20 ms on, doubled: seven times each. With the first pause always it is over a hundred. */
    int count = hang_up_on_all(listener, clock_monotonic_us() + 2000000);
    assert_in_range(count, 4, 24);
    assert_false(bus_stats().redis_connected);
    bus_fixture_stop();
    (void)close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_pipelined_and_replies_read_one_by_one),
        cmocka_unit_test(bad_addresses_are_told_apart),
        cmocka_unit_test(a_commit_is_announced_as_a_cloudevent),
        cmocka_unit_test(each_event_wakes_its_consumer),
        cmocka_unit_test(events_come_with_their_messages),
        cmocka_unit_test(what_others_say_on_redis_is_looked_after_and_not_believed),
        cmocka_unit_test(a_running_transaction_elsewhere_delays_only_until_it_ends),
        cmocka_unit_test(connections_that_redis_cuts_come_back),
        cmocka_unit_test(without_redis_events_come_by_polling),
        cmocka_unit_test(who_accepts_and_hangs_up_is_met_with_growing_pauses),
    };
    return cmocka_run_group_tests(tests, setup, pg_fixture_teardown);
}
