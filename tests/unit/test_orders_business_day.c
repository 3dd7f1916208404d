/* Business days: every shared vector of adjusting, more of the tables they are taken from, and what holds whatever is closed. */
#include "date_vectors.h"

#include "orders/business_day.h"

#define WEEKEND (1u << 5 | 1u << 6)

static int32_t adjusted(const struct closed_days *closed, enum business_day_convention convention, int32_t date)
{
    int32_t out = 0;
    assert_true(business_day_adjust(closed, convention, date, &out));
    return out;
}

static void shared_vectors(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("date_rolls");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next) {
        const cJSON *in = at(c, "inputs");
        if (!is(text_at(in, "operation"), "business_day_adjust"))
            continue;
        struct vector_closed closed;
        check_date(c, "date", adjusted(vector_closed_days(in, &closed), vector_convention(text_at(in, "convention")), date_at(in, "date")));
        checked++;
    }
    assert_true(checked >= 25);
    cJSON_Delete(cases);
}

/* Strata's calendar of its test of "nearest": Saturday, Sunday and Monday 14 July 2014 are closed; QuantLib: as near, the next. */
static void nearest(void **state)
{
    (void)state;
    const int32_t monday = day(2014, 7, 14), closed_dates[] = { monday, day(2014, 7, 23) };
    const struct closed_days closed = { .weekend = WEEKEND, .extra = closed_dates, .extra_count = 2 };
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_NEAREST, monday - 3), monday - 3);
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_NEAREST, monday - 2), monday - 3);
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_NEAREST, monday - 1), monday + 1);
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_NEAREST, monday), monday + 1);
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_NEAREST, day(2014, 7, 23)), day(2014, 7, 24));
}

static void holidays_of_a_country(void **state)
{
    (void)state;
    struct calendar_cache cache = { 0 };
    const struct closed_days closed = { .weekend = WEEKEND, .calendar = calendar_find(SLICE("CO")), .cache = &cache };
    /* Maundy Thursday to Easter Monday 2026, which is open in Colombia. */
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_FOLLOWING, day(2026, 4, 2)), day(2026, 4, 6));
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_PRECEDING, day(2026, 4, 5)), day(2026, 4, 1));
    /* 31 January 2026 is a Saturday; 1 January 2028 too, and Epiphany the Monday after next. */
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_MODIFIED_FOLLOWING, day(2026, 1, 31)), day(2026, 1, 30));
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_MODIFIED_PRECEDING, day(2028, 1, 1)), day(2028, 1, 3));
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_PRECEDING, day(2028, 1, 1)), day(2027, 12, 31));
}

static bool is_modified(enum business_day_convention c)
{
    return c == BUSINESS_DAY_MODIFIED_FOLLOWING || c == BUSINESS_DAY_MODIFIED_FOLLOWING_BI_MONTHLY || c == BUSINESS_DAY_MODIFIED_PRECEDING;
}

static void adjusted_dates_are_open(void **state)
{
    (void)state;
    struct calendar_cache cache = { 0 };
    const int32_t extra[] = { day(2025, 12, 24), day(2025, 12, 26), day(2025, 12, 31), day(2026, 2, 12), day(2026, 2, 13) };
    const struct calendar *calendar;
    for (size_t k = 0; (calendar = calendar_at(k)); k++) {
        const struct closed_days closed = { .weekend = calendar_weekend(calendar), .calendar = calendar, .cache = k % 2 ? &cache : NULL,
                                            .extra = extra, .extra_count = sizeof extra / sizeof *extra };
        for (int32_t date = day(2025, 6, 1); date < day(2026, 9, 1); date++)
            for (int i = BUSINESS_DAY_FOLLOWING; i < BUSINESS_DAY_CONVENTIONS; i++) {
                const enum business_day_convention convention = (enum business_day_convention)i;
                const int32_t result = adjusted(&closed, convention, date);
                assert_true(business_day_is_open(&closed, result));
                assert_true(!business_day_is_open(&closed, date) || result == date);
                assert_true(result > date - 12 && result < date + 12);
                assert_true(convention != BUSINESS_DAY_FOLLOWING || result >= date);
                assert_true(convention != BUSINESS_DAY_PRECEDING || result <= date);
                /* No month is closed altogether here. */
                assert_true(!is_modified(convention) || date_to_civil(result).month == date_to_civil(date).month);
            }
    }
}

static void a_closed_world_ends_in_an_error(void **state)
{
    (void)state;
    const struct closed_days never = { .weekend = 0x7f };
    int32_t out = 5;
    for (int i = BUSINESS_DAY_FOLLOWING; i < BUSINESS_DAY_CONVENTIONS; i++)
        assert_false(business_day_adjust(&never, (enum business_day_convention)i, day(2026, 1, 1), &out));
    assert_false(business_day_at_or_after(&never, day(2026, 1, 1), &out));
    assert_int_equal(out, 5);
    assert_int_equal(adjusted(&never, BUSINESS_DAY_NONE, 77), 77);
    assert_int_equal(adjusted(NULL, BUSINESS_DAY_FOLLOWING, 77), 77);
}

/* All of one month: modified conventions have to leave it. */
static void a_closed_month(void **state)
{
    (void)state;
    int32_t february[28];
    for (int i = 0; i < 28; i++)
        february[i] = day(2026, 2, i + 1);
    const struct closed_days closed = { .extra = february, .extra_count = 28 };
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_MODIFIED_FOLLOWING, day(2026, 2, 20)), day(2026, 1, 31));
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_MODIFIED_PRECEDING, day(2026, 2, 20)), day(2026, 3, 1));
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_NEAREST, day(2026, 2, 14)), day(2026, 1, 31));
    assert_int_equal(adjusted(&closed, BUSINESS_DAY_NEAREST, day(2026, 2, 15)), day(2026, 3, 1));
}

static void names(void **state)
{
    (void)state;
    enum business_day_convention found;
    for (int i = 0; i < BUSINESS_DAY_CONVENTIONS; i++)
        assert_true(business_day_parse(business_day_name((enum business_day_convention)i), &found) && found == (enum business_day_convention)i);
    assert_false(business_day_parse(SLICE("followed"), &found));
    assert_false(business_day_parse(SLICE_NONE, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_vectors), cmocka_unit_test(nearest), cmocka_unit_test(holidays_of_a_country),
        cmocka_unit_test(adjusted_dates_are_open), cmocka_unit_test(a_closed_world_ends_in_an_error), cmocka_unit_test(a_closed_month),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
