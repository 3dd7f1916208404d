/* Telling what changed, and hearing it (libcommon/bus/changes.c, subscription.c), over a real Redis (CUOTAS_TEST_REDIS, a URL). Whatever is told while
 * somebody listens is heard, as itself or as `*`; a connection that was lost begins with `*` on the one side and with `begins` on the other. */
#include "check.h"
#include "run_co.h"

#include "bus/changes.h"
#include "bus/redis.h"
#include "bus/subscription.h"

#include <stdio.h>

#define CO_TEST(name)                                                                                                  \
    static void name##_body(void *unused);                                                                             \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        run_co(name##_body, NULL);                                                                                     \
    }                                                                                                                  \
    static void name##_body(void *unused __attribute__((unused)))

static char service[40], channel[60];
static struct slice channels[1];
static int begun, everything;
static uint64_t heard;          /* a bit for each number from 1 that was heard */
static size_t messages;

static int setup(void **state)
{
    (void)state;
    if (!getenv("CUOTAS_TEST_REDIS")) {
        (void)fprintf(stderr, "CUOTAS_TEST_REDIS is not set: it must be the URL of a Redis\n");
        exit(1);   /* cmocka would call a group without tests a success */
    }
    /* Redis is shared: a name of our own. */
    (void)snprintf(service, sizeof service, "unit%d", (int)getpid());
    channels[0] = slice_of(channel, (size_t)snprintf(channel, sizeof channel, "changes.%s", service));
    return 0;
}

static void on_begin(void)
{
    begun++;
}

static void on_message(struct slice from, struct slice ids)
{
    assert_true(slice_equals(from, channels[0]));
    messages++;
    for (struct slice rest = ids; !slice_is_none(rest);) {
        struct slice id = slice_cut(rest, ' ', &rest);
        int64_t number;
        if (slice_to_int64(id, &number))
            heard |= UINT64_C(1) << number;
        else
            everything += slice_equals_text(id, CHANGES_EVERYTHING);
    }
}

static struct subscription subscription;

static void listen_main(void *unused)
{
    (void)unused;
    subscription_run(&subscription);
}

static void await(const int *counter, int count)
{
    for (int64_t until_us = TEST_DEADLINE_US; *counter < count; co_sleep_us(500))
        assert_true(clock_monotonic_us() < until_us);
}

static void await_numbers(uint64_t numbers)
{
    for (int64_t until_us = TEST_DEADLINE_US; (heard & numbers) != numbers; co_sleep_us(500))
        assert_true(clock_monotonic_us() < until_us);
}

static void begin(void)
{
    begun = everything = 0;
    heard = messages = 0;
    subscription = (struct subscription){ .redis_url = getenv("CUOTAS_TEST_REDIS"), .channels = channels, .channel_count = 1, .begins = on_begin,
                                          .heard = on_message };
    assert_int_equal(co_spawn(listen_main, NULL), RESULT_OK);
    await(&begun, 1);
    assert_true(changes_start(service, getenv("CUOTAS_TEST_REDIS")));
    await(&everything, 1);   /* how it begins */
}

static void end(void)
{
    co_cancel_all();
    while (co_count() > 1)
        co_yield();
    assert_false(subscription.connected);
}

CO_TEST(what_is_told_is_heard)
{
    begin();
    changes_tell(SLICE("1"));
    changes_tell(SLICE("2 3"));
    await_numbers(0xe);
    assert_int_equal(messages, 2);   /* what is told at once is one message */
    changes_tell(SLICE("4"));
    await_numbers(0x1e);
    assert_int_equal(everything, 1);
    changes_tell(SLICE("5"));
    changes_tell(SLICE("*"));
    changes_tell(SLICE("6"));
    await(&everything, 2);
    changes_tell(SLICE("7"));
    await_numbers(0x80);
    assert_true((heard & 0x60) == 0);   /* part of everything */
    end();
}

CO_TEST(too_much_to_tell_is_everything)
{
    begin();
    for (int i = 0; i < 2000; i++)
        changes_tell(SLICE("019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10"));
    await(&everything, 2);
    assert_int_equal(messages, 2);
    end();
}

/* All connections but the one that asks. */
static void cut_all(void)
{
    struct redis *redis = NULL;
    assert_int_equal(redis_connect(getenv("CUOTAS_TEST_REDIS"), TEST_DEADLINE_US, &redis), RESULT_OK);
    static const char *const kinds[] = { "pubsub", "normal" };
    for (int i = 0; i < 2; i++) {
        const struct slice words[] = { SLICE("CLIENT"), SLICE("KILL"), SLICE("TYPE"), slice_from_text(kinds[i]), SLICE("SKIPME"), SLICE("yes") };
        redisReply *reply = NULL;
        assert_int_equal(redis_add(redis, words, 6), RESULT_OK);
        assert_int_equal(redis_flush(redis, TEST_DEADLINE_US), RESULT_OK);
        assert_int_equal(redis_read(redis, TEST_DEADLINE_US, &reply), RESULT_OK);
        freeReplyObject(reply);
    }
    redis_close(redis);
}

CO_TEST(connections_that_are_cut_begin_anew)
{
    begin();
    for (int round = 1; round <= 3; round++) {
        cut_all();
        await(&begun, 1 + round);
        changes_tell(SLICE("1"));   /* finds out that its connection is gone: it may be told as everything */
        await(&everything, 1 + round);
    }
    end();
}

CO_TEST(without_redis_nobody_minds)
{
    assert_true(changes_start(service, "unix:///nowhere/redis.sock"));
    for (int i = 0; i < 100; i++)
        changes_tell(SLICE("1"));
    co_sleep_us(50000);
    co_cancel_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_heard),
        cmocka_unit_test(too_much_to_tell_is_everything),
        cmocka_unit_test(connections_that_are_cut_begin_anew),
        cmocka_unit_test(without_redis_nobody_minds),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
