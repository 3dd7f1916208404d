/* The shop's closures: days from ranges and back, for which calendar, and that a plan in force keeps its place when other days are closed than it was laid by. */
#include "plan_check.h"

#include "base/arena.h"
#include "orders/closures.h"
#include "orders/plan_change.h"

static struct plan_row rows[PLAN_INSTALLMENTS_MAX], changed_rows[PLAN_INSTALLMENTS_MAX];
static int64_t changed_paid[PLAN_INSTALLMENTS_MAX];
static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static bool read(const char *text, const char *calendar, struct closed_days *closed)
{
    return closures_read(a, json_parse(a, slice_from_text(text), NULL, NULL), calendar ? slice_from_text(calendar) : SLICE_NONE, closed);
}

static const char *written(const struct closed_days *closed)
{
    struct json_writer out = json_to_arena(a);
    closures_write(&out, NULL, closed);
    return arena_copy(a, json_done(&out)).data;
}

/* Ranges that meet or overlap are one; out of order, and a day twice. */
static void ranges_become_days_and_ranges(void **state)
{
    (void)state;
    struct closed_days closed = { 0 };
    assert_true(read("[{\"from\":\"2026-12-30\",\"to\":\"2027-01-01\"},{\"from\":\"2026-12-24\",\"to\":\"2026-12-24\"},"
                     "{\"from\":\"2026-12-31\",\"to\":\"2027-01-02\"},{\"from\":\"2027-01-03\",\"to\":\"2027-01-03\"}]", NULL, &closed));
    assert_string_equal(written(&closed), "[{\"from\":\"2026-12-24\",\"to\":\"2026-12-24\"},{\"from\":\"2026-12-30\",\"to\":\"2027-01-03\"}]");
    assert_true(business_day_is_open(&closed, day(2026, 12, 29)));
    for (int i = 0; i < 5; i++)
        assert_false(business_day_is_open(&closed, day(2026, 12, 30) + i));
    assert_true(business_day_is_open(&closed, day(2027, 1, 4)));
    assert_true(read("[]", NULL, &closed));
    assert_string_equal(written(&closed), "[]");
}

/* Two that together are longer than one may be are written as two again. */
static void what_is_written_can_be_read(void **state)
{
    (void)state;
    struct closed_days closed = { 0 }, again = { 0 };
    assert_true(read("[{\"from\":\"2027-01-01\",\"to\":\"2027-04-02\"},{\"from\":\"2027-04-03\",\"to\":\"2027-05-01\"}]", NULL, &closed));
    assert_int_equal(closed.extra_count, CLOSURE_DAYS_MAX + 29);
    assert_true(read(written(&closed), NULL, &again));
    assert_int_equal(again.extra_count, closed.extra_count);
    assert_memory_equal(again.extra, closed.extra, closed.extra_count * sizeof *closed.extra);
}

static void of_every_calendar_or_of_one(void **state)
{
    (void)state;
    struct closed_days closed = { 0 };
    const char *list = "[{\"calendar\":null,\"from\":\"2027-01-04\",\"to\":\"2027-01-04\"},{\"calendar\":\"CO\",\"from\":\"2027-01-05\",\"to\":\"2027-01-05\"},"
                       "{\"calendar\":\"MX\",\"from\":\"2027-01-06\",\"to\":\"2027-01-06\"}]";
    assert_true(read(list, "CO", &closed));
    assert_string_equal(written(&closed), "[{\"from\":\"2027-01-04\",\"to\":\"2027-01-05\"}]");
}

static void what_is_no_list_of_them(void **state)
{
    (void)state;
    struct closed_days closed = { 0 };
    assert_false(read("[{\"from\":\"2027-01-05\",\"to\":\"2027-01-04\"}]", NULL, &closed));
    assert_false(read("[{\"from\":\"2027-01-05\"}]", NULL, &closed));
    assert_false(read("[{\"from\":\"2027-01-01\",\"to\":\"2027-04-03\"}]", NULL, &closed));   /* 93 days */
}

/* Laid from 15 March on; now the 15th of September is closed, or was closed and is not any more. Whichever way it moves, skipping one period moves all by one. */
static void a_changed_plan_keeps_its_place(void **state)
{
    (void)state;
    static const enum business_day_convention conventions[] = { BUSINESS_DAY_FOLLOWING, BUSINESS_DAY_PRECEDING, BUSINESS_DAY_MODIFIED_FOLLOWING };
    for (size_t i = 0; i < 6; i++) {
        const bool before = i % 2;
        struct closed_days none = { 0 }, some = { 0 };
        assert_true(read("[{\"from\":\"2026-09-13\",\"to\":\"2026-09-17\"}]", NULL, &some));
        struct plan_terms terms = terms_of(1200000, 2400, 12);
        struct plan_schedule schedule;
        terms.start_date = day(2026, 2, 15);
        terms.business_day = conventions[i / 2];
        terms.closed = before ? &some : &none;
        terms.closed_now = before ? &none : &some;
        build(&terms, &schedule, rows);
        const struct plan_in_force plan = { .terms = &terms, .rows = rows, .row_count = 12, .date = day(2026, 8, 20) };
        struct plan_changed out = { .rows = changed_rows, .paid = changed_paid };
        assert_true(plan_ok(plan_change_of(&plan, &(struct plan_change){ .type = PLAN_SKIP, .periods = 1 }, &out)));
        assert_int_equal(out.row_count, 12);
        for (size_t row = out.kept; row < 12; row++)   /* 15 October for the first, whatever is closed in September */
            assert_int_equal(out.rows[row].due_date, date_add_months(day(2026, 3, 15), (int)row + 1, 15));
        assert_ptr_equal(out.terms.closed, terms.closed_now);
        assert_true(plan_ok(plan_change_of(&plan, &(struct plan_change){ .type = PLAN_RESCHEDULE, .installments = 8 }, &out)));
        const int32_t september = before ? day(2026, 9, 15) : conventions[i / 2] == BUSINESS_DAY_PRECEDING ? day(2026, 9, 12) : day(2026, 9, 18);
        assert_int_equal(out.rows[out.kept].due_date, september);
        assert_int_equal(out.rows[out.kept + 1].due_date, day(2026, 10, 15));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ranges_become_days_and_ranges), cmocka_unit_test(what_is_written_can_be_read),
                                        cmocka_unit_test(of_every_calendar_or_of_one), cmocka_unit_test(what_is_no_list_of_them),
                                        cmocka_unit_test(a_changed_plan_keeps_its_place) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
