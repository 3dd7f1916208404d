/* Series of dates: every other shared vector of date_rolls.json, stubs of all four kinds, and what holds for any series. */
#include "date_vectors.h"

#include "orders/date_series.h"

#define ROOM 700
#define WEEKEND (1u << 5 | 1u << 6)

static int32_t unadjusted[ROOM], adjusted[ROOM];

static enum month_addition addition_of(const char *name)
{
    if (is(name, "LAST_BUSINESS_DAY"))
        return MONTHS_LAST_BUSINESS_DAY;
    assert_string_equal(name, "LAST_DAY");
    return MONTHS_LAST_DAY;
}

static enum series_stub stub_of(const char *name)
{
    static const char *const names[] = { "none", "short_initial", "long_initial", "short_final", "long_final" };
    for (int i = 0; i < 5; i++)
        if (is(name, names[i]))
            return (enum series_stub)i;
    fail_msg("no stub %s", name);
    return SERIES_STUB_NONE;
}

static void check_list(const cJSON *c, const char *field, const int32_t *dates, size_t count)
{
    size_t i = 0;
    for (const cJSON *item = at(at(c, "expected"), field)->child; item; item = item->next, i++) {
        char text[DATE_BYTES + 1];
        assert_true(i < count);
        date_format(dates[i], text);
        if (!is(text, item->valuestring))
            fail_msg("%s: %s %zu is %s, expected %s", text_at(c, "id"), field, i, text, item->valuestring);
    }
    assert_int_equal(i, count);
}

static void check_schedule(const cJSON *c, const cJSON *in)
{
    struct vector_closed closed;
    const struct date_series series = {
        .start = date_at(in, "start"), .has_end = true, .end = date_at(in, "end"), .months = (int)int_at(in, "months"),
        .roll_day = is(text_at(in, "roll"), "eom") ? DATE_ROLL_END_OF_MONTH : (int)int_at(in, "roll_day"), .stub = stub_of(text_at(in, "stub")),
        .convention = vector_convention(text_at(in, "business_day_convention")), .closed = vector_closed_days(in, &closed) };
    size_t count = 0;
    assert_int_equal(date_series_fill(&series, unadjusted, adjusted, ROOM, &count), DATE_SERIES_OK);
    check_list(c, "unadjusted", unadjusted, count);
    check_list(c, "adjusted", adjusted, count);
}

/* A loan of monthly payments at month ends: the first in the month it starts. */
static void check_series(const cJSON *c, const cJSON *in)
{
    assert_string_equal(text_at(in, "rule"), "end_of_month");
    const struct date_series series = { .start = date_roll(date_at(in, "repayment_start"), DATE_ROLL_END_OF_MONTH), .months = 1,
                                        .count = (int)int_at(in, "count") - 1, .roll_day = DATE_ROLL_END_OF_MONTH };
    size_t count = 0;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, ROOM, &count), DATE_SERIES_OK);
    assert_int_equal(count, int_at(in, "count"));
    check_date(c, "first", unadjusted[0]);
    check_date(c, "second", unadjusted[1]);
    check_date(c, "last", unadjusted[count - 1]);
}

static void check_months_later(const cJSON *c, const cJSON *in)
{
    struct vector_closed closed;
    int32_t out;
    assert_true(date_months_later(date_at(in, "date"), (int)int_at(in, "months"), addition_of(text_at(in, "convention")),
                                  vector_closed_days(in, &closed), &out));
    check_date(c, "date", out);
}

static void shared_vectors(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("date_rolls");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next) {
        const cJSON *in = at(c, "inputs");
        const char *operation = text_at(in, "operation");
        if (is(operation, "business_day_adjust"))
            continue;   /* test_orders_business_day */
        checked++;
        if (is(operation, "add_months"))
            check_months_later(c, in);
        else if (is(operation, "eom_adjust"))
            check_date(c, "date", date_roll(date_at(in, "date"), DATE_ROLL_END_OF_MONTH));
        else if (is(operation, "eom_next"))
            check_date(c, "date", date_roll_next(date_at(in, "date"), (int)int_at(in, "months"), DATE_ROLL_END_OF_MONTH));
        else if (is(operation, "eom_previous"))
            check_date(c, "date", date_roll_previous(date_at(in, "date"), (int)int_at(in, "months"), DATE_ROLL_END_OF_MONTH));
        else if (is(operation, "periodic_schedule"))
            check_schedule(c, in);
        else if (is(operation, "monthly_series_rule"))
            check_series(c, in);
        else
            fail_msg("%s: no operation %s", text_at(c, "id"), operation);
    }
    assert_true(checked >= 16);
    cJSON_Delete(cases);
}

static void expect(const struct date_series *series, const char *expected)
{
    char text[256] = "", *p = text;
    size_t count = 0;
    assert_int_equal(date_series_fill(series, unadjusted, NULL, ROOM, &count), DATE_SERIES_OK);
    for (size_t i = 0; i < count; i++) {
        const struct civil at_ = date_to_civil(unadjusted[i]);
        p += snprintf(p, (size_t)(text + sizeof text - p), "%s%02d-%02d", i ? " " : "", at_.month, at_.day);
    }
    assert_string_equal(text, expected);
}

/* Strata's table of 4 June to 17 September 2014 by months, on the 4th from the start and on the 17th from the end. */
static void stubs(void **state)
{
    (void)state;
    struct date_series series = { .start = day(2014, 6, 4), .has_end = true, .end = day(2014, 9, 17), .months = 1, .roll_day = 4 };
    size_t count;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, ROOM, &count), DATE_SERIES_NOT_WHOLE);
    series.stub = SERIES_STUB_SHORT_FINAL;
    expect(&series, "06-04 07-04 08-04 09-04 09-17");
    series.stub = SERIES_STUB_LONG_FINAL;
    expect(&series, "06-04 07-04 08-04 09-17");
    series.roll_day = 17;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, ROOM, &count), DATE_SERIES_OFF_ROLL_DAY);
    series.stub = SERIES_STUB_SHORT_INITIAL;
    expect(&series, "06-04 06-17 07-17 08-17 09-17");
    series.stub = SERIES_STUB_LONG_INITIAL;
    expect(&series, "06-04 07-17 08-17 09-17");
    /* Less than a period: one, whatever the stub. */
    series.start = day(2014, 9, 1);
    expect(&series, "09-01 09-17");
    series.start = day(2014, 8, 17);
    expect(&series, "08-17 09-17");
}

/* The day aimed at survives short months: anchors of 29 to 31, Kill Bill and Strata. */
static void anchors_do_not_drift(void **state)
{
    (void)state;
    struct date_series series = { .start = day(2024, 1, 31), .count = 5, .months = 1, .roll_day = 31 };
    expect(&series, "01-31 02-29 03-31 04-30 05-31 06-30");
    series = (struct date_series){ .start = day(2025, 1, 29), .count = 3, .months = 1, .roll_day = 29 };
    expect(&series, "01-29 02-28 03-29 04-29");
    series = (struct date_series){ .start = day(2025, 2, 28), .count = 2, .months = 1, .roll_day = 30 };
    expect(&series, "02-28 03-30 04-30");
    series = (struct date_series){ .start = day(2025, 2, 28), .has_end = true, .end = day(2025, 8, 31), .months = 3, .roll_day = 31,
                                   .stub = SERIES_STUB_SHORT_INITIAL };
    expect(&series, "02-28 05-31 08-31");
}

static void rolls(void **state)
{
    (void)state;
    assert_int_equal(date_roll_next(day(2014, 8, 31), 1, 4), day(2014, 9, 4));
    assert_int_equal(date_roll_next(day(2014, 8, 1), 1, 31), day(2014, 9, 30));
    assert_int_equal(date_roll_previous(day(2014, 3, 31), 1, 30), day(2014, 2, 28));
    for (int32_t date = day(2023, 12, 1); date < day(2025, 3, 1); date++)
        for (int roll_day = 1; roll_day <= 31; roll_day++) {
            const int32_t next = date_roll_next(date, 1, roll_day), previous = date_roll_previous(date, 1, roll_day);
            assert_true(next > date && next < date + 63 && date_roll(next, roll_day) == next);
            assert_true(previous < date && previous > date - 63 && date_roll(previous, roll_day) == previous);
        }
}

static void months_at_the_end_of_a_month(void **state)
{
    (void)state;
    const struct closed_days closed = { .weekend = WEEKEND };
    int32_t out;
    assert_true(date_months_later(day(2014, 6, 30), 1, MONTHS_CLIPPED, NULL, &out) && out == day(2014, 7, 30));
    assert_true(date_months_later(day(2014, 6, 30), 1, MONTHS_LAST_DAY, NULL, &out) && out == day(2014, 7, 31));
    assert_true(date_months_later(day(2014, 6, 29), 1, MONTHS_LAST_DAY, NULL, &out) && out == day(2014, 7, 29));
    /* 29 August 2014 is a Friday, the month's last open day; the 31st is not open itself. */
    assert_true(date_months_later(day(2014, 8, 29), 1, MONTHS_LAST_BUSINESS_DAY, &closed, &out) && out == day(2014, 9, 30));
    assert_true(date_months_later(day(2014, 8, 31), -1, MONTHS_LAST_BUSINESS_DAY, &closed, &out) && out == day(2014, 7, 31));
    assert_true(date_months_later(day(2014, 8, 29), -2, MONTHS_LAST_BUSINESS_DAY, NULL, &out) && out == day(2014, 6, 29));
}

static void any_series(void **state)
{
    (void)state;
    struct calendar_cache cache = { 0 };
    const struct closed_days closed = { .weekend = WEEKEND, .calendar = calendar_find(SLICE("CO")), .cache = &cache };
    uint64_t random = 7;
    for (int i = 0; i < 3000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        const int32_t start = day(2022, 1, 1) + (int32_t)((random >> 33) % 3000);
        struct date_series series = { .start = start, .has_end = true, .end = start + 40 + (int32_t)((random >> 45) % 4000),
                                      .months = 1 + (int)((random >> 20) % 6), .stub = (enum series_stub)(1 + (random >> 24) % 4),
                                      .convention = BUSINESS_DAY_MODIFIED_FOLLOWING, .closed = &closed };
        const bool initial = series.stub == SERIES_STUB_SHORT_INITIAL || series.stub == SERIES_STUB_LONG_INITIAL;
        series.roll_day = date_to_civil(initial ? series.end : series.start).day;
        size_t count = 0;
        const enum date_series_result result = date_series_fill(&series, unadjusted, adjusted, ROOM, &count);
        /* A stub over one weekend may leave two dates on the same open day. */
        assert_true(result == DATE_SERIES_OK || result == DATE_SERIES_COLLIDES);
        assert_true(unadjusted[0] == series.start && unadjusted[count - 1] == series.end);
        for (size_t k = 1; k < count; k++) {
            assert_true(unadjusted[k] > unadjusted[k - 1]);
            const bool counted = initial ? k + 1 < count : k < count - 1;
            assert_true(!counted || date_roll(unadjusted[k], series.roll_day) == unadjusted[k]);
            assert_true(result != DATE_SERIES_OK || (adjusted[k] > adjusted[k - 1] && business_day_is_open(&closed, adjusted[k])));
        }
    }
}

static void refuses(void **state)
{
    (void)state;
    const struct date_series good = { .start = day(2026, 1, 15), .count = 12, .months = 1, .roll_day = 15 };
    struct date_series series = good;
    size_t count = 99;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, 12, &count), DATE_SERIES_TOO_LONG);
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, 0, &count), DATE_SERIES_TOO_LONG);
    assert_int_equal(count, 99);
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, 13, &count), DATE_SERIES_OK);
    series.months = 0;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, ROOM, &count), DATE_SERIES_INVALID);
    series = good;
    series.count = 0;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, ROOM, &count), DATE_SERIES_INVALID);
    series.count = INT32_MAX;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, ROOM, &count), DATE_SERIES_INVALID);
    series = good;
    series.stub = SERIES_STUB_LONG_INITIAL;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, ROOM, &count), DATE_SERIES_INVALID);
    series = good;
    series.roll_day = 16;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, ROOM, &count), DATE_SERIES_OFF_ROLL_DAY);
    series = good;
    series.has_end = true;
    series.end = series.start;
    assert_int_equal(date_series_fill(&series, unadjusted, NULL, ROOM, &count), DATE_SERIES_INVALID);
    series = good;
    series.convention = BUSINESS_DAY_FOLLOWING;
    series.closed = &(struct closed_days){ .weekend = 0x7f };
    assert_int_equal(date_series_fill(&series, unadjusted, adjusted, ROOM, &count), DATE_SERIES_NEVER_OPEN);
    /* Saturday 1 and Sunday 2 August 2026. */
    series = (struct date_series){ .start = day(2026, 7, 1), .has_end = true, .end = day(2026, 8, 2), .months = 1, .roll_day = 1,
                                   .stub = SERIES_STUB_SHORT_FINAL, .convention = BUSINESS_DAY_FOLLOWING,
                                   .closed = &(struct closed_days){ .weekend = WEEKEND } };
    assert_int_equal(date_series_fill(&series, unadjusted, adjusted, ROOM, &count), DATE_SERIES_COLLIDES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_vectors), cmocka_unit_test(stubs), cmocka_unit_test(anchors_do_not_drift), cmocka_unit_test(rolls),
        cmocka_unit_test(months_at_the_end_of_a_month), cmocka_unit_test(any_series), cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
