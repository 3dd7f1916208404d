/* The producer's newest events in memory: the same answers as the database's, each event read once, never more than there is room for, never
 * what a restore has undone; and consumers that are sent only the types they do something about. */
#include "bus_fixture.h"
#include "check.h"
#include "pg_fixture.h"
#include "run_co.h"

#include "base/limits.h"
#include "bus/events.h"
#include "bus/news.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A consumer that is not there: where it has read to, and what it was given. */
struct reader {
    struct work w;
    struct slice passed;      /* of every lane; none: the start */
    struct slice subjects;    /* joined by ',' */
    bool more, skipped, held;
};

static struct slice cursors_of(struct reader *reader)
{
    struct slice at = slice_is_none(reader->passed) ? SLICE("0:0:0") : reader->passed, out = SLICE("");
    for (int lane = 0; lane < EVENT_LANES; lane++)
        out = arena_printf(reader->w.arena, "%.*s%s%d:%.*s", SLICE_FMT(out), lane ? "," : "", lane, SLICE_FMT(at));
    return out;
}

static bool header_is_true(const char *name)
{
    return slice_equals_text(bus_fixture_header(name), "true");
}

/* The next page; how many events. `more_query`: "&types=..." and the like. */
static int read_page(struct reader *reader, const char *more_query)
{
    struct slice body, name, event;
    int count = 0;
    const char *target = arena_printf(reader->w.arena, "/internal/events?cursors=%.*s%s", SLICE_FMT(cursors_of(reader)), more_query).data;
    assert_int_equal(bus_fixture_call(&reader->w, "GET", target, &body), 200);
    struct json_walk walk = json_walk(body);
    for (; json_walk_next(&walk, &name, &event); count++) {
        struct slice subject = json_walk_text(reader->w.arena, json_walk_member(event, "subject"));
        reader->subjects = arena_printf(reader->w.arena, "%.*s%s%.*s", SLICE_FMT(reader->subjects), reader->subjects.size ? "," : "", SLICE_FMT(subject));
    }
    reader->passed = arena_copy(reader->w.arena, bus_fixture_header("cuotas-passed"));
    reader->more = header_is_true("cuotas-more");
    reader->skipped = header_is_true("cuotas-skipped");
    reader->held = header_is_true("cuotas-held");
    return count;
}

static struct reader *reader_at(struct slice passed)
{
    struct work w = pg_fixture_work();
    struct reader *reader = ARENA_NEW(w.arena, struct reader);
    *reader = (struct reader){ .w = w, .passed = arena_copy(w.arena, passed), .subjects = SLICE("") };
    return reader;
}

static void reader_end(struct reader *reader)
{
    arena_free(reader->w.arena);
}

/* All there is from a place on, page by page. */
static struct reader *read_all(struct slice passed, const char *more_query)
{
    struct reader *reader = reader_at(passed);
    do
        (void)read_page(reader, more_query);
    while (reader->more);
    return reader;
}

static void emit_many(int first, int count, int bytes)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "INSERT INTO outbox (type, subject, customer_id, data, occurred_at) SELECT CASE WHEN n %% 3 = 0 THEN 'rare.thing' ELSE "
                   "'other.thing' END, n::text, ('019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e0' || to_hex(n * 7 %% 16))::uuid, to_jsonb(repeat('x', %d)), "
                   "'2026-11-22' FROM generate_series(%d, %d) AS n", bytes, first, first + count - 1);
    (void)pg_fixture_sql(sql);
}

CO_TEST(only_types_asked_for_are_sent_and_the_others_are_passed)
{
    bus_fixture_start(NULL);
    struct reader *reader = reader_at(SLICE_NONE);
    bus_fixture_emit("other.thing", 1, "a");
    bus_fixture_emit("rare.thing", 2, "b");
    bus_fixture_emit("other.thing", 3, "c");
    assert_int_equal(read_page(reader, "&types=rare.thing,no.thing"), 1);
    assert_slice(reader->subjects, "b");
    assert_true(reader->skipped && !reader->more);
    assert_int_equal(read_page(reader, "&types=rare.thing"), 0);   /* passed: not looked at again */
    assert_false(reader->skipped);
    bus_fixture_emit("other.thing", 3, "d");
    assert_int_equal(read_page(reader, "&types=rare.thing"), 0);   /* now out of memory */
    assert_true(reader->skipped);
    bus_fixture_emit("rare.thing", 3, "e");
    assert_int_equal(read_page(reader, "&types=rare.thing"), 1);
    assert_false(reader->skipped);

    struct slice body;
    static const char *const wrong[] = { "&types=", "&types=a,", "&types=A", "&types=a%27", "&types=a%7D", "&seen=", "&seen=1:2", "&seen=1:2:x",
                                         "&seen=1:2:3:4" };
    for (size_t i = 0; i < TABLE_COUNT(wrong); i++) {
        const char *target = arena_printf(reader->w.arena, "/internal/events?cursors=0:0:0:0%s", wrong[i]).data;
        if (bus_fixture_call(&reader->w, "GET", target, &body) != 400)
            fail_msg("taken: %s", wrong[i]);
    }
    reader_end(reader);
    bus_fixture_stop();
}

CO_TEST(what_was_read_once_is_given_out_of_memory)
{
    bus_fixture_start(NULL);
    struct reader *first = reader_at(SLICE_NONE);
    (void)read_page(first, "");
    (void)read_page(first, "");   /* within memory now */
    struct reader *second = reader_at(first->passed), *third = reader_at(first->passed);
    bus_fixture_emit("other.thing", 1, "a");
    bus_fixture_emit("other.thing", 2, "b");
    assert_int_equal(read_page(first, ""), 2);
    (void)pg_fixture_sql("TRUNCATE outbox");   /* nobody can read them there any more */
    assert_int_equal(read_page(second, arena_printf(second->w.arena, "&seen=%.*s", SLICE_FMT(first->passed)).data), 2);
    assert_slice(second->subjects, "a,b");
    assert_int_equal(read_page(third, "&limit=1"), 1);
    assert_true(third->more);
    assert_int_equal(read_page(third, "&limit=1"), 1);
    assert_slice(third->subjects, "a,b");

    /* Told of an event, one gets it: memory is read anew when it does not go so far. */
    bus_fixture_emit("other.thing", 3, "c");
    struct slice told = slice_from_text(pg_fixture_sql("SELECT concat_ws(':', epoch, xid, id) FROM outbox"));
    assert_int_equal(read_page(second, arena_printf(second->w.arena, "&seen=%.*s", SLICE_FMT(first->passed)).data), 0);
    assert_int_equal(read_page(second, arena_printf(second->w.arena, "&seen=%.*s", SLICE_FMT(told)).data), 1);
    reader_end(first);
    reader_end(second);
    reader_end(third);
    bus_fixture_stop();
}

CO_TEST(memory_and_database_answer_alike)
{
    static const char *const queries[] = { "", "&types=rare.thing", "&types=other.thing&limit=7", "&limit=1", "&types=no.thing&limit=3", "&limit=64" };
    bus_fixture_start(NULL);
    for (size_t i = 0; i < TABLE_COUNT(queries); i++) {
        struct reader *before = read_all(SLICE_NONE, ""), *start = read_all(before->passed, "");
        for (int part = 0; part < 6; part++)
            emit_many(part * 30, 30, 1 + part * 700);
        struct reader *from_memory = read_all(start->passed, queries[i]);
        news_forget();
        struct reader *from_database = read_all(start->passed, queries[i]);
        assert_true(slice_equals(from_memory->subjects, from_database->subjects));
        assert_true((from_memory->subjects.size > 0) == (i != 4));
        reader_end(before);
        reader_end(start);
        reader_end(from_memory);
        reader_end(from_database);
    }
    bus_fixture_stop();
}

/* Everything is read exactly once, from memory or not. */
static void assert_whole(struct slice passed, int first, int count)
{
    struct reader *reader = read_all(passed, "");
    struct slice rest = reader->subjects, one;
    for (int i = first; i < first + count; i++) {
        int64_t number = -1;
        one = slice_cut(rest, ',', &rest);
        assert_true(slice_to_int64(one, &number));
        assert_int_equal(number, i);
    }
    assert_true(slice_is_none(rest));
    reader_end(reader);
}

CO_TEST(what_memory_has_no_room_for_comes_from_the_database)
{
    bus_fixture_start(NULL);
    struct reader *start = read_all(SLICE_NONE, "");
    emit_many(0, 3 * NEWS_EVENTS_MAX, 1);   /* too many */
    assert_whole(start->passed, 0, 3 * NEWS_EVENTS_MAX);
    assert_whole(start->passed, 0, 3 * NEWS_EVENTS_MAX);
    struct reader *later = read_all(start->passed, "");
    emit_many(0, 30, NEWS_BYTES_MAX / 10);  /* too large */
    assert_whole(later->passed, 0, 30);
    assert_whole(later->passed, 0, 30);
    reader_end(start);
    reader_end(later);
    bus_fixture_stop();
}

/* Memory reads a few places of each lane at a time: those of a busy one are in order with the others'. */
CO_TEST(a_busy_lane_hides_nothing_of_the_others)
{
    bus_fixture_start(NULL);
    struct reader *start = read_all(SLICE_NONE, "");
    (void)pg_fixture_sql("INSERT INTO outbox (type, subject, customer_id, data, occurred_at) SELECT 'other.thing', n::text, ('019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e0' || "
                         "CASE WHEN n < 100 AND n % 20 = 9 THEN 2 WHEN n < 100 AND n % 20 = 19 THEN 3 ELSE 1 END)::uuid, '0', '2026-11-22' FROM generate_series(0, 119) AS n");
    int reads = 0;
    do
        assert_true(news_refresh(TEST_DEADLINE_US) && reads++ < 120);
    while (news_more());
    assert_in_range(reads, 2, 120 / 16 + 1);   /* of the busy lane 16 at a time */
    assert_whole(start->passed, 0, 120);
    news_forget();
    assert_whole(start->passed, 0, 120);
    reader_end(start);
    bus_fixture_stop();
}

static PGconn *begin(void)
{
    PGconn *pg = pg_fixture_connect(NULL);
    PQclear(PQexec(pg, "BEGIN; SELECT pg_current_xact_id()"));
    return pg;
}

/* What is calm keeps no events; who has read them goes on out of memory, who has not is answered by the database, both as ever. */
CO_TEST(events_let_go_are_read_from_the_database)
{
    bus_fixture_start(NULL);
    emit_many(1, 40, 20);
    struct reader *reader = read_all(SLICE_NONE, "");
    assert_true(news_refresh(TEST_DEADLINE_US));
    news_keep_from(news_next());
    uint64_t number = 1;
    assert_null(news_at(&number));
    emit_many(41, 10, 20);
    assert_true(news_refresh(TEST_DEADLINE_US));
    number = 1;
    assert_non_null(news_at(&number));
    struct reader *late = read_all(SLICE_NONE, ""), *next = read_all(reader->passed, "");
    assert_slice(next->subjects, "41,42,43,44,45,46,47,48,49,50");
    assert_slice(late->subjects, arena_printf(late->w.arena, "%.*s,%.*s", SLICE_FMT(reader->subjects), SLICE_FMT(next->subjects)).data);
    reader_end(reader);
    reader_end(late);
    reader_end(next);
    bus_fixture_stop();
}

CO_TEST(memory_passes_over_no_late_commit)
{
    bus_fixture_start(NULL);
    struct reader *reader = read_all(SLICE_NONE, "");
    reader->subjects = SLICE("");
    PGconn *late = begin();
    bus_fixture_emit_on(late, "other.thing", 1, "late");
    bus_fixture_emit("other.thing", 1, "early");
    for (int i = 0; i < 3; i++)
        assert_int_equal(read_page(reader, ""), 0);
    assert_true(reader->held && !reader->more);
    PQclear(PQexec(late, "COMMIT"));
    PQfinish(late);
    assert_int_equal(read_page(reader, ""), 2);
    assert_slice(reader->subjects, "late,early");
    assert_false(reader->held);
    reader_end(reader);
    bus_fixture_stop();
}

CO_TEST(memory_forgets_what_a_restore_undid)
{
    bus_fixture_start(NULL);
    struct reader *reader = read_all(SLICE_NONE, "");
    (void)read_page(reader, "");
    struct slice before = reader->passed;
    bus_fixture_emit("other.thing", 1, "undone");
    (void)read_page(reader, "");
    assert_slice(reader->subjects, "undone");
    (void)pg_fixture_sql("TRUNCATE outbox; UPDATE event_epoch SET epoch = epoch - 5");
    struct reader *behind = reader_at(before);   /* has not read it, and shall not */
    assert_int_equal(read_page(behind, ""), 0);
    bus_fixture_emit("other.thing", 1, "after");
    assert_int_equal(read_page(behind, ""), 1);   /* its cursors were ahead: a new epoch has begun */
    assert_slice(behind->subjects, "after");
    reader_end(reader);
    reader_end(behind);
    bus_fixture_stop();
}

CO_TEST(cursors_pass_events_of_other_types_in_the_database_too)
{
    bus_fixture_start(NULL);
    bus_fixture_emit("good.thing", 1, "a");
    bus_fixture_emit("other.thing", 1, "b");
    bus_fixture_emit("other.thing", 2, "c");
    bus_fixture_await(1);
    int64_t until_us = TEST_DEADLINE_US;
    while (atoi(pg_fixture_sql("SELECT count(*) FROM outbox o JOIN event_cursor c USING (lane) WHERE (c.epoch, c.xid, c.id) >= (o.epoch, o.xid, o.id)")) < 3) {
        assert_true(clock_monotonic_us() < until_us);
        co_sleep_us(5000);
    }
    assert_int_equal(bus_stats().pulled, 1);
    /* Who waits for everything to be done waits for that, too. */
    struct work w = pg_fixture_work();
    bus_fixture_emit("other.thing", 3, "d");
    assert_true(bus_catch_up(&w, NULL, NULL));
    assert_string_equal(pg_fixture_sql("SELECT (c.epoch, c.xid, c.id) >= (o.epoch, o.xid, o.id) FROM outbox o JOIN event_cursor c USING (lane) WHERE subject = 'd'"), "t");
    arena_free(w.arena);
    /* Nothing more to pass: nothing is written, however the transaction numbers grow. */
    char before[64];
    (void)snprintf(before, sizeof before, "%s", pg_fixture_sql("SELECT max(xmin::text::bigint) FROM event_cursor"));
    co_sleep_us(2 * EVENT_POLL_MS * 1000 + EVENT_STORE_MS * 1000);
    assert_string_equal(pg_fixture_sql("SELECT max(xmin::text::bigint) FROM event_cursor"), before);
    bus_fixture_stop();
}

CO_TEST(poison_keeps_its_place_in_a_page_of_several_units)
{
    bus_fixture_prepare();
    (void)pg_fixture_sql("INSERT INTO broken VALUES (1)");
    bus_fixture_emit("bad.thing", 3, "bad");
    PGconn *pg = begin();
    for (int i = 0; i < 4 * EVENT_UNIT_MAX; i++) {
        char subject[16];
        (void)snprintf(subject, sizeof subject, "%d", i);
        bus_fixture_emit_on(pg, "good.thing", i % 16, subject);
    }
    PQclear(PQexec(pg, "COMMIT"));
    PQfinish(pg);
    bus_fixture_serve(NULL);
    bus_fixture_await(4 * EVENT_UNIT_MAX * 15 / 16);
    assert_string_equal(pg_fixture_sql("SELECT count(*) FROM effect WHERE subject = 'bad' OR customer_id::text LIKE '%3'"), "0");
    (void)pg_fixture_sql("DELETE FROM broken");
    /* Nothing of it was parked or passed over: it takes effect, then what stands behind it. (on_bad leaves its effect only when it fails to fail.) */
    bus_fixture_await(4 * EVENT_UNIT_MAX + 1);
    assert_string_equal(pg_fixture_sql("SELECT min(id) FILTER (WHERE subject = 'bad') < min(id) FILTER (WHERE customer_id::text LIKE '%3') FROM effect"), "t");
    assert_int_equal(bus_stats().parked, 0);
    bus_fixture_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_types_asked_for_are_sent_and_the_others_are_passed),
        cmocka_unit_test(what_was_read_once_is_given_out_of_memory),
        cmocka_unit_test(memory_and_database_answer_alike),
        cmocka_unit_test(what_memory_has_no_room_for_comes_from_the_database),
        cmocka_unit_test(a_busy_lane_hides_nothing_of_the_others),
        cmocka_unit_test(events_let_go_are_read_from_the_database),
        cmocka_unit_test(memory_passes_over_no_late_commit),
        cmocka_unit_test(memory_forgets_what_a_restore_undid),
        cmocka_unit_test(cursors_pass_events_of_other_types_in_the_database_too),
        cmocka_unit_test(poison_keeps_its_place_in_a_page_of_several_units),
    };
    return cmocka_run_group_tests(tests, pg_fixture_setup, pg_fixture_teardown);
}
