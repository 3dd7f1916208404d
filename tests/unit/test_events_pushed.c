/* Events inside messages: who is believed, and what is applied without asking: what follows on everything read, without a gap, and nothing
 * else. No Redis and no database: messages are handed over as the subscription does. */
#include "check.h"

#include "base/hash.h"
#include "base/memory.h"
#include "bus/internal.h"
#include "wire/base64.h"

#include <stdio.h>
#include <string.h>

#define CHANNEL "events.orders"
#define EPOCH 1795307973

static const struct statement nothing = { .name = "nothing", .text = "SELECT 1" };
static const struct consumer_rule rules[] = { { "orders", "order.placed", &nothing, -1, -1, -1, -1, -1, -1 }, { 0 } };
static struct producer *const producer = &bus.producers[0];

static struct slice seal(struct arena *arena, struct slice bytes)
{
    uint8_t tag[HASH_TAG_BYTES];
    hash_siphash_128(bytes, (const uint64_t[]){ 1, 2 }, tag);
    return base64url_encode(arena, slice_of((const char *)tag, sizeof tag));
}

/* As the version before sealed: another tag, longer. */
#define SEAL_BEFORE "0123456789_0123456789-0123456789_0123456789"

static struct work work;

static void read_up_to(struct cursor passed)
{
    producer->passed = passed;
    for (int i = 0; i < EVENT_LANES; i++)
        producer->lanes[i].cursor = passed;
}

/* A consumer that has read up to (EPOCH, 100, 0). */
static int setup(void **state)
{
    (void)state;
    pushed_forget(&producer->pushed);
    memset(&bus, 0, sizeof bus);
    bus.producer_count = 1;
    bus.config = (struct bus_config){ .rules = rules, .seal = seal };
    producer->name = "orders";
    read_up_to((struct cursor){ EPOCH, 100, 0 });
    work = (struct work){ .arena = arena_new() };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pushed_forget(&producer->pushed);
    arena_free(work.arena);
    return 0;
}

static struct cursor place(int64_t xid)
{
    return (struct cursor){ EPOCH, xid, 1 };
}

static struct slice event_at(const char *type, int64_t xid)
{
    return arena_printf(work.arena, "{\"id\":\"7c550812-5e48-4302-94f0-6af36237d67f\",\"type\":\"%s\",\"time\":\"2026-11-22T00:00:00Z\",\"lane\":%d,"
                        "\"epoch\":\"%d\",\"xid\":\"%lld\",\"sequence\":\"1\",\"data\":{\"after\":\"1:2:3\"}}", type, (int)(xid % EVENT_LANES), EPOCH, (long long)xid);
}

static struct slice message(const char *type, struct cursor after, int64_t xid)
{
    return event_enclose(work.arena, seal, SLICE(CHANNEL), event_at(type, xid), after);
}

static void hear(const char *type, struct cursor after, int64_t xid)
{
    subscribe_heard(SLICE(CHANNEL), message(type, after, xid));
}

/* Takes what was brought: how many events, and up to where. */
static void assert_brought(size_t count, int64_t xid, bool skipped, bool full)
{
    struct page page;
    assert_true(pull_pushed(&work, producer, &page));
    assert_int_equal(page.count, count);
    assert_int_equal(cursor_compare(page.passed, place(xid)), 0);
    assert_int_equal(page.skipped, skipped);
    assert_int_equal(page.full, full);
    assert_int_equal(page.lanes, (1u << EVENT_LANES) - 1);
    assert_false(pull_pushed(&work, producer, &page));   /* used up */
}

static void assert_nothing_brought(void)
{
    struct page page;
    assert_false(pull_pushed(&work, producer, &page));
    assert_int_equal(producer->pushed.count, 0);
    assert_int_equal(producer->pushed.bytes, 0);
}

static void a_message_gives_back_its_event(void **state)
{
    (void)state;
    struct slice event, type;
    struct cursor after, at;
    struct slice text = message("order.placed", (struct cursor){ EPOCH, INT64_MAX, INT64_MAX }, 101);
    assert_true(event_disclose(work.arena, seal, SLICE(CHANNEL), text, &event, &after));
    assert_slice(event, event_at("order.placed", 101).data);
    assert_true(after.epoch == EPOCH && after.xid == INT64_MAX && after.id == INT64_MAX);
    /* And tells a consumer of the version before what it needs. */
    assert_true(event_glance(work.arena, text, &type, &at));
    assert_slice(type, "order.placed");
    assert_int_equal(at.xid, 101);
    /* Who has no key, or no object, sends it as it is. */
    assert_slice(event_enclose(work.arena, NULL, SLICE(CHANNEL), SLICE("{}"), after), "{}");
    assert_slice(event_enclose(work.arena, seal, SLICE(CHANNEL), SLICE("[]"), after), "[]");
}

static void nobody_else_is_believed(void **state)
{
    (void)state;
    struct slice event, whole = message("order.placed", place(100), 101);
    struct cursor after;
    for (size_t i = 0; i < whole.size; i++) {
        char *changed = arena_alloc(work.arena, whole.size);
        memcpy(changed, whole.data, whole.size);
        changed[i] ^= 1;
        assert_false(event_disclose(work.arena, seal, SLICE(CHANNEL), slice_of(changed, whole.size), &event, &after));
        assert_false(event_disclose(work.arena, seal, SLICE(CHANNEL), slice_of(whole.data, i), &event, &after));
    }
    assert_false(event_disclose(work.arena, seal, SLICE("events.billing"), whole, &event, &after));
    assert_false(event_disclose(work.arena, NULL, SLICE(CHANNEL), whole, &event, &after));
    subscribe_heard(SLICE(CHANNEL), event_at("order.placed", 101));
    assert_true(producer->signal.raised && producer->look);   /* but looked after */
    assert_nothing_brought();
}

/* Nor is the place: one that no event ever reaches would have everybody ask, after every message, for as long as they live. */
static void a_place_beyond_all_events_is_asked_for_once(void **state)
{
    (void)state;
    subscribe_heard(SLICE(CHANNEL), event_at("order.placed", INT64_MAX));
    assert_true(producer->signal.raised && producer->look);
    assert_true(cursor_compare(producer->told, producer->passed) <= 0);
    producer->look = producer->signal.raised = false;   /* was looked after: nothing */
    hear("order.placed", place(99), 101);
    assert_false(producer->look);
    assert_int_equal(cursor_compare(producer->told, place(101)), 0);
    assert_brought(1, 101, false, false);
    /* What is known already wakes nobody, whoever says it. */
    read_up_to(place(101));
    producer->signal.raised = false;
    subscribe_heard(SLICE(CHANNEL), event_at("order.placed", 101));
    hear("order.placed", place(99), 101);
    assert_false(producer->look || producer->signal.raised);
    assert_int_equal(bus.woken, 4);
}

/* While some processes are of the version before: each side's messages tell the other to look, and no more. */
static void the_version_before_is_looked_after(void **state)
{
    (void)state;
    struct slice event = event_at("order.placed", 101), ours = message("order.placed", place(100), 101);
    struct slice theirs = arena_printf(work.arena, "%.*s,\"after\":\"%d:100:1\",\"seal\":\"" SEAL_BEFORE "\"}", (int)event.size - 1, event.data, EPOCH);
    subscribe_heard(SLICE(CHANNEL), theirs);
    assert_true(producer->signal.raised);
    assert_nothing_brought();
    /* It would find its seal so far from the end: there is none, whatever it would hold it against. */
    const size_t tail_before = strlen(",\"seal\":\"" SEAL_BEFORE "\"}");
    assert_true(slice_starts_with(slice_of(theirs.data + theirs.size - tail_before, tail_before), SLICE(",\"seal\":\"")));
    assert_false(slice_starts_with(slice_of(ours.data + ours.size - tail_before, tail_before), SLICE(",\"seal\":\"")));
}

static void sealed_without_a_place_is_no_event(void **state)
{
    (void)state;
    static const char *const wrong[] = { "{}", "{\"after\":\"1:2\"", "{,\"after\":\"1:2\"", "{,\"after\":\"\"", "{,\"after\":\"1:2:x\"", ",\"after\":\"1:2:3\"" };
    struct slice event;
    struct cursor after;
    for (size_t i = 0; i < TABLE_COUNT(wrong); i++) {
        struct slice tag = seal(work.arena, arena_printf(work.arena, "%s%s", CHANNEL, wrong[i]));
        struct slice text = arena_printf(work.arena, "%s,\"seal\":\"%.*s\"}", wrong[i], SLICE_FMT(tag));
        if (event_disclose(work.arena, seal, SLICE(CHANNEL), text, &event, &after))
            fail_msg("taken: %s", wrong[i]);
    }
}

static void what_follows_is_applied_in_order(void **state)
{
    (void)state;
    hear("order.placed", place(99), 101);   /* nothing lies between (EPOCH, 100, 0) and what is before that: read farther than it asks for */
    assert_int_equal(bus.woken, 1);
    assert_brought(1, 101, false, false);
    hear("order.placed", (struct cursor){ EPOCH, 100, 0 }, 101);
    hear("order.placed", place(101), 105);
    hear("order.placed", place(101), 105);   /* told twice: two relays */
    hear("order.placed", place(105), 106);
    assert_brought(3, 106, false, false);
}

static void a_gap_is_not_jumped(void **state)
{
    (void)state;
    hear("order.placed", place(101), 102);
    assert_nothing_brought();
    hear("order.placed", place(99), 101);
    hear("order.placed", place(102), 103);
    assert_brought(1, 101, false, true);   /* and the rest is asked for */
    hear("order.placed", (struct cursor){ EPOCH + 1, 5, 0 }, 104);
    assert_nothing_brought();
}

static void events_of_other_types_are_passed(void **state)
{
    (void)state;
    hear("order.closed", place(99), 101);
    assert_false(producer->signal.raised);
    hear("order.closed", place(101), 102);
    hear("order.placed", place(102), 103);
    hear("order.closed", place(103), 104);
    assert_int_equal(producer->pushed.count, 2);
    assert_brought(1, 104, true, false);
    for (int i = 0; i < 10 * EVENT_PUSHED_MAX; i++)
        hear("order.closed", place(i ? 100 + i : 99), 101 + i);
    assert_int_equal(producer->pushed.count, 1);
    assert_brought(0, 100 + 10 * EVENT_PUSHED_MAX, true, false);
}

static void what_was_read_meanwhile_is_not_applied_again(void **state)
{
    (void)state;
    hear("order.placed", place(99), 101);
    hear("order.placed", place(101), 102);
    read_up_to(place(101));
    assert_brought(1, 102, false, false);
    /* All together stand behind one lane, whose unit succeeded. */
    hear("order.placed", place(101), 103);
    producer->lanes[103 % EVENT_LANES].cursor = place(103);
    assert_nothing_brought();
    read_up_to(place(200));
    hear("order.placed", place(199), 200);
    assert_int_equal(producer->pushed.count, 0);
}

static void nothing_is_taken_out_of_turn(void **state)
{
    (void)state;
    producer->lanes[3].paused_until_us = 1;
    hear("order.placed", place(99), 101);
    assert_nothing_brought();
    producer->lanes[3].paused_until_us = 0;
    producer->lanes[5].cursor = (struct cursor){ EPOCH, 99, 0 };   /* was paused, and its unit found no database */
    hear("order.placed", place(99), 101);
    assert_nothing_brought();
    producer->lanes[5].cursor = producer->passed;
    producer->look = true;
    hear("order.placed", place(99), 101);
    assert_nothing_brought();
    producer->look = false;
    producer->passed = (struct cursor){ 0 };   /* nothing read yet */
    hear("order.placed", (struct cursor){ 0 }, 101);
    assert_nothing_brought();
}

static void what_is_kept_is_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * EVENT_PUSHED_MAX; i++)
        hear("order.placed", place(100 + i), 101 + i);
    assert_int_equal(producer->pushed.count, EVENT_PUSHED_MAX);
    read_up_to(place(100));
    assert_brought(EVENT_PUSHED_MAX, 100 + EVENT_PUSHED_MAX, false, true);

    char *large = arena_alloc(work.arena, EVENT_PUSHED_BYTES);
    memset(large, ' ', EVENT_PUSHED_BYTES);
    for (int i = 0; i < 3; i++)
        pushed_keep(&producer->pushed, slice_of(large, EVENT_PUSHED_BYTES), place(100 + i), place(101 + i));
    assert_int_equal(producer->pushed.count, 1);
    bus.stopping = true;
    pushed_forget(&producer->pushed);
    hear("order.placed", place(99), 101);
    assert_nothing_brought();
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_message_gives_back_its_event),
        EACH(nobody_else_is_believed),
        EACH(a_place_beyond_all_events_is_asked_for_once),
        EACH(the_version_before_is_looked_after),
        EACH(sealed_without_a_place_is_no_event),
        EACH(what_follows_is_applied_in_order),
        EACH(a_gap_is_not_jumped),
        EACH(events_of_other_types_are_passed),
        EACH(what_was_read_meanwhile_is_not_applied_again),
        EACH(nothing_is_taken_out_of_turn),
        EACH(what_is_kept_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
