/* A CloudEvent's text to its parts: what is taken, and what is not an event of ours. */
#include "check.h"

#include "bus/internal.h"

#define ID "\"id\":\"7c550812-5e48-4302-94f0-6af36237d67f\""
#define REST "\"type\":\"a.b\",\"time\":\"2026-11-22T00:00:00Z\",\"data\":{\"x\":[1,{\"y\":\"}\"}]}"
#define AT "\"lane\":3,\"epoch\":\"1795307973\",\"xid\":\"728\",\"sequence\":\"9\""

static void the_parts_of_an_event_are_found(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct event event;
    const struct slice text = SLICE("{" ID "," REST "," AT ",\"subject\":\"caf\\u00e9 \\\"x\\\"\",\"customerid\":null,\"unknown\":[{}],"
                                    "\"traceparent\":\"t\"}");
    assert_true(event_read(arena, text, &event));
    assert_slice(event.text, text.data);
    assert_slice(event.id, "7c550812-5e48-4302-94f0-6af36237d67f");
    assert_slice(event.type, "a.b");
    assert_slice(event.subject, "caf\xc3\xa9 \"x\"");
    assert_slice(event.time, "2026-11-22T00:00:00Z");
    assert_slice(event.data, "{\"x\":[1,{\"y\":\"}\"}]}");
    assert_slice(event.trace, "t");
    assert_none(event.customer_id);
    assert_int_equal(event.at.lane, 3);
    assert_true(event.at.cursor.epoch == 1795307973 && event.at.cursor.xid == 728 && event.at.cursor.id == 9);
    arena_free(arena);
}

static void what_is_no_event_of_ours_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "null", "[]", "{}", "\"x\"",
        "{" ID "," REST "}",                                                            /* no cursor */
        "{" REST "," AT "}",                                                            /* no id */
        "{\"id\":\"x\"," REST "," AT "}",
        "{" ID "," AT ",\"type\":\"a\",\"time\":\"t\"}",                                /* no data */
        "{" ID "," AT ",\"time\":\"t\",\"data\":1}",                                    /* no type */
        "{" ID "," REST ",\"lane\":16,\"epoch\":\"1\",\"xid\":\"1\",\"sequence\":\"1\"}",
        "{" ID "," REST ",\"lane\":-1,\"epoch\":\"1\",\"xid\":\"1\",\"sequence\":\"1\"}",
        "{" ID "," REST ",\"lane\":1,\"epoch\":1,\"xid\":\"1\",\"sequence\":\"1\"}",    /* not text, as the attribute is defined */
        "{" ID "," REST ",\"lane\":1,\"epoch\":\"1\",\"xid\":\"-1\",\"sequence\":\"1\"}",
        "{" ID "," REST ",\"lane\":1,\"epoch\":\"1\",\"xid\":\"1\",\"sequence\":\"9223372036854775808\"}",
        "{" ID "," REST ",\"lane\":1,\"epoch\":\"1\",\"xid\":\"1\",\"sequence\":\"0\"}",
    };
    struct arena *arena = arena_new();
    struct event event;
    for (size_t i = 0; i < TABLE_COUNT(wrong); i++)
        if (event_read(arena, slice_from_text(wrong[i]), &event))
            fail_msg("taken: %s", wrong[i]);
    arena_free(arena);
}

static void what_a_message_tells_is_seen_before_its_data(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct slice type;
    struct cursor at;
    assert_true(event_glance(arena, SLICE("{" ID ",\"type\":\"a.b\"," AT ",\"data\":{\"cut o"), &type, &at));
    assert_slice(type, "a.b");
    assert_true(at.epoch == 1795307973 && at.xid == 728 && at.id == 9);
    static const char *const wrong[] = { "", "*", "[]", "{}", "{" ID "," REST "}", "{" AT "}", "{\"type\":\"a\",\"epoch\":\"1\",\"sequence\":\"1\"}" };
    for (size_t i = 0; i < TABLE_COUNT(wrong); i++)
        if (event_glance(arena, slice_from_text(wrong[i]), &type, &at))
            fail_msg("taken: %s", wrong[i]);
    arena_free(arena);
}

static void a_page_is_bounded(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct page page = { 0 };
    struct slice one = SLICE("{" ID "," REST "," AT "}"), all = SLICE("[");
    for (int i = 0; i <= EVENT_BATCH_MAX; i++) {
        struct slice closed = arena_printf(arena, "%.*s]", SLICE_FMT(all));
        assert_true(event_read_all(arena, closed, &page));
        assert_int_equal(page.count, i);
        all = arena_printf(arena, "%.*s%s%.*s", SLICE_FMT(all), i ? "," : "", SLICE_FMT(one));
    }
    assert_false(event_read_all(arena, arena_printf(arena, "%.*s]", SLICE_FMT(all)), &page));
    assert_false(event_read_all(arena, SLICE("[{}]"), &page));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_an_event_are_found),
        cmocka_unit_test(what_is_no_event_of_ours_is_refused),
        cmocka_unit_test(what_a_message_tells_is_seen_before_its_data),
        cmocka_unit_test(a_page_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
