/* One asks, the others wait (services/gateway/cache_flight.c). */
#include "check.h"
#include "run_co.h"

#include "gateway/cache_flight.h"

#define CO_TEST(name)                                                                                                  \
    static void name##_body(void *unused);                                                                             \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        run_co(name##_body, NULL);                                                                                     \
    }                                                                                                                  \
    static void name##_body(void *unused __attribute__((unused)))

struct waiting {
    struct cache_flight *flight;
    int64_t deadline_us;
    enum result result;
    bool ended;
};

static void wait_main(void *arg)
{
    struct waiting *waiting = arg;
    waiting->result = cache_flight_wait(waiting->flight, waiting->deadline_us);
    waiting->ended = true;
}

static void start(struct waiting *waiting, struct cache_flight *flight, int64_t deadline_us)
{
    *waiting = (struct waiting){ .flight = flight, .deadline_us = deadline_us };
    assert_int_equal(co_spawn(wait_main, waiting), RESULT_OK);
}

CO_TEST(all_who_wait_are_told)
{
    struct cache_flight flight, other;
    struct waiting waiting[50];
    assert_null(cache_flight_find(SLICE("/a")));
    cache_flight_begin(&flight, SLICE("/a"), 7);
    cache_flight_begin(&other, SLICE("/b"), 8);
    assert_ptr_equal(cache_flight_find(SLICE("/a")), &flight);
    assert_ptr_equal(cache_flight_find(SLICE("/b")), &other);
    for (size_t i = 0; i < TABLE_COUNT(waiting); i++)
        start(&waiting[i], &flight, TEST_DEADLINE_US);
    co_yield();
    co_yield();
    for (size_t i = 0; i < TABLE_COUNT(waiting); i++)
        assert_false(waiting[i].ended);
    cache_flight_end(&flight, true);
    assert_null(cache_flight_find(SLICE("/a")));
    while (co_count() > 1)
        co_yield();
    for (size_t i = 0; i < TABLE_COUNT(waiting); i++)
        assert_true(waiting[i].ended && waiting[i].result == RESULT_OK);
    cache_flight_end(&other, false);
    assert_null(cache_flight_find(SLICE("/b")));
}

CO_TEST(a_failure_sends_them_their_own_way)
{
    struct cache_flight flight;
    struct waiting waiting;
    cache_flight_begin(&flight, SLICE("/a"), 0);
    start(&waiting, &flight, TEST_DEADLINE_US);
    co_yield();
    cache_flight_end(&flight, false);
    while (!waiting.ended)
        co_yield();
    assert_int_equal(waiting.result, RESULT_FAILED);
}

CO_TEST(who_is_tired_of_waiting_leaves_alone)
{
    struct cache_flight flight;
    struct waiting waiting[3];
    cache_flight_begin(&flight, SLICE("/a"), 0);
    start(&waiting[0], &flight, TEST_DEADLINE_US);
    start(&waiting[1], &flight, clock_monotonic_us() + 10000);
    start(&waiting[2], &flight, TEST_DEADLINE_US);
    while (!waiting[1].ended)
        co_sleep_us(1000);
    assert_int_equal(waiting[1].result, RESULT_TIMEOUT);
    assert_false(waiting[0].ended || waiting[2].ended);
    cache_flight_end(&flight, true);
    while (!waiting[0].ended || !waiting[2].ended)
        co_yield();
    assert_true(waiting[0].result == RESULT_OK && waiting[2].result == RESULT_OK);
}

CO_TEST(the_newest_is_found_and_any_can_end_first)
{
    struct cache_flight old, new;
    cache_flight_begin(&old, SLICE("/a"), 1);
    cache_flight_begin(&new, SLICE("/a"), 2);
    assert_ptr_equal(cache_flight_find(SLICE("/a")), &new);
    cache_flight_end(&old, false);
    assert_ptr_equal(cache_flight_find(SLICE("/a")), &new);
    cache_flight_end(&new, false);
    assert_null(cache_flight_find(SLICE("/a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_who_wait_are_told),
        cmocka_unit_test(a_failure_sends_them_their_own_way),
        cmocka_unit_test(who_is_tired_of_waiting_leaves_alone),
        cmocka_unit_test(the_newest_is_found_and_any_can_end_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
