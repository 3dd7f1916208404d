/* Calendars: the holidays of 2025 and 2026 as their countries published them, the rules on moving them, and Easter. */
#include "check.h"

#include "base/date.h"
#include "orders/calendar.h"

#include <stdio.h>

static int32_t day(int year, int month, int day_of_month)
{
    return date_from_civil((struct civil){ year, month, day_of_month });
}

static const struct calendar *country(const char *code)
{
    const struct calendar *calendar = calendar_find(slice_from_text(code));
    assert_non_null(calendar);
    return calendar;
}

static bool is_holiday(const char *code, int year, int month, int day_of_month)
{
    return calendar_is_holiday(country(code), day(year, month, day_of_month), NULL);
}

static const struct {
    const char *code;
    int year;
    const char *days;          /* MM-DD, each once */
} facts[] = {
    { "AR", 2025,
      "01-01 03-03 03-04 03-24 04-02 04-17 04-18 05-01 05-02 05-25 06-16 06-20 07-09 08-15 08-17 10-10 11-21 11-24 12-08"
      " 12-25" },
    { "AR", 2026,
      "01-01 02-16 02-17 03-23 03-24 04-02 04-03 05-01 05-25 06-15 06-20 07-09 07-10 08-17 10-12 11-23 12-07 12-08 12-25" },
    { "BR", 2025,
      "01-01 04-18 04-21 05-01 09-07 10-12 11-02 11-15 11-20 12-25" },
    { "BR", 2026,
      "01-01 04-03 04-21 05-01 09-07 10-12 11-02 11-15 11-20 12-25" },
    { "CL", 2025,
      "01-01 04-18 04-19 05-01 05-21 06-20 06-29 07-16 08-15 09-18 09-19 10-12 10-31 11-01 12-08 12-25" },
    { "CL", 2026,
      "01-01 04-03 04-04 05-01 05-21 06-21 06-29 07-16 08-15 09-18 09-19 10-12 10-31 11-01 12-08 12-25" },
    { "CO", 2025,
      "01-01 01-06 03-24 04-17 04-18 05-01 06-02 06-23 06-30 07-20 08-07 08-18 10-13 11-03 11-17 12-08 12-25" },
    { "CO", 2026,
      "01-01 01-12 03-23 04-02 04-03 05-01 05-18 06-08 06-15 06-29 07-13 07-20 08-07 08-17 10-12 11-02 11-16 12-08 12-25" },
    { "EC", 2025,
      "01-01 03-03 03-04 04-18 05-02 05-23 08-11 10-10 11-03 11-04 12-25" },
    { "EC", 2026,
      "01-01 02-16 02-17 04-03 05-01 05-25 08-10 10-09 11-02 11-03 12-25" },
    { "ES", 2025,
      "01-01 01-06 04-18 05-01 08-15 10-12 11-01 12-06 12-08 12-25" },
    { "ES", 2026,
      "01-01 01-06 04-03 05-01 08-15 10-12 11-01 12-06 12-08 12-25" },
    { "MX", 2025,
      "01-01 02-03 03-17 05-01 09-16 11-17 12-25" },
    { "MX", 2026,
      "01-01 02-02 03-16 05-01 09-16 11-16 12-25" },
    { "PE", 2025,
      "01-01 04-17 04-18 05-01 06-07 06-29 07-23 07-28 07-29 08-06 08-30 10-08 11-01 12-08 12-09 12-25" },
    { "PE", 2026,
      "01-01 04-02 04-03 05-01 06-07 06-29 07-23 07-28 07-29 08-06 08-30 10-08 11-01 12-08 12-09 12-25" },
    { "US", 2025,
      "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25" },
    { "US", 2026,
      "01-01 01-19 02-16 05-25 06-19 07-04 09-07 10-12 11-11 11-26 12-25" },
    { "UY", 2025,
      "01-01 01-06 03-01 03-03 03-04 04-14 04-15 04-16 04-17 04-18 04-19 05-01 05-18 06-19 07-18 08-25 10-12 11-02 12-25" },
    { "UY", 2026,
      "01-01 01-06 02-16 02-17 03-30 03-31 04-01 04-02 04-03 04-19 05-01 05-18 06-19 07-18 08-25 10-12 11-02 12-25" },
};

static void holidays_of_2025_and_2026(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_COUNT(facts); i++) {
        struct calendar_day days[CALENDAR_DAYS_MAX];
        const size_t count = calendar_days(country(facts[i].code), facts[i].year, days);
        char text[CALENDAR_DAYS_MAX * 6 + 1] = "", *p = text;
        for (size_t k = 0; k < count; k++) {
            const struct civil at = date_to_civil(days[k].date);
            if (k == 0 || days[k].date != days[k - 1].date)
                p += snprintf(p, (size_t)(text + sizeof text - p), "%s%02d-%02d", p == text ? "" : " ", at.month, at.day);
        }
        if (strcmp(text, facts[i].days) != 0)
            fail_msg("%s %d:\n%s, expected\n%s", facts[i].code, facts[i].year, text, facts[i].days);
    }
}

/* What the laws on moving did in years when they had something to do. */
static void moved_days(void **state)
{
    (void)state;
    assert_true(!is_holiday("US", 2021, 12, 31) && is_holiday("US", 2022, 1, 1));   /* a Saturday: banks are open on the Friday */
    assert_true(is_holiday("US", 2022, 12, 26) && is_holiday("US", 2027, 7, 5) && !is_holiday("US", 2026, 7, 3));
    assert_true(is_holiday("EC", 2021, 12, 31) && is_holiday("EC", 2022, 1, 1));    /* moved into the year before, and kept */
    assert_false(is_holiday("US", 2020, 6, 19));
    assert_true(is_holiday("CL", 2023, 10, 27) && !is_holiday("CL", 2023, 10, 31));   /* a Tuesday */
    assert_true(is_holiday("CL", 2029, 11, 2) && !is_holiday("CL", 2029, 10, 31));    /* a Wednesday */
    assert_true(is_holiday("CL", 2027, 6, 28) && !is_holiday("CL", 2027, 6, 29) && is_holiday("CL", 2022, 6, 27));
    assert_true(is_holiday("CL", 2023, 1, 2) && !is_holiday("CL", 2024, 1, 2));
    assert_true(is_holiday("CL", 2027, 9, 17) && is_holiday("CL", 2024, 9, 20) && is_holiday("CL", 2022, 9, 16));
    assert_true(is_holiday("AR", 2024, 11, 18) && is_holiday("AR", 2027, 6, 21) && is_holiday("AR", 2022, 6, 17));
    assert_true(is_holiday("AR", 2024, 8, 17) && is_holiday("AR", 2025, 10, 10) && !is_holiday("AR", 2025, 10, 12));
    assert_true(is_holiday("MX", 2024, 10, 1) && is_holiday("MX", 2030, 10, 1) && is_holiday("MX", 2018, 12, 1));
    assert_false(is_holiday("MX", 2025, 10, 1) || is_holiday("MX", 2024, 12, 1));
    assert_true(is_holiday("PE", 2024, 6, 7) && !is_holiday("PE", 2023, 6, 7) && is_holiday("PE", 2023, 7, 23) && !is_holiday("PE", 2021, 12, 9));
    assert_true(is_holiday("BR", 2024, 11, 20) && !is_holiday("BR", 2023, 11, 20));
    assert_true(is_holiday("EC", 2024, 11, 1) && is_holiday("EC", 2024, 11, 4) && is_holiday("EC", 2021, 12, 31) && is_holiday("EC", 2029, 11, 1));
    assert_true(is_holiday("UY", 2026, 5, 18) && is_holiday("UY", 2027, 4, 19) && is_holiday("UY", 2024, 4, 22) && !is_holiday("UY", 2024, 4, 19));
    assert_true(is_holiday("CO", 2026, 7, 13) && !is_holiday("CO", 2025, 7, 14));
}

/* The winter solstice in UTC-4, computed apart by Meeus's series. */
static void chile_keeps_the_solstice(void **state)
{
    (void)state;
    static const int days[] = { 20, 20, 21, 21 };   /* 2028, 2029, 2030, 2031 */
    assert_true(is_holiday("CL", 2021, 6, 21) && !is_holiday("CL", 2021, 6, 20));
    for (int year = 2022; year <= 2079; year++) {
        const int expected = (year >= 2047 && year % 4 == 2) || year > 2075 ? 20 : days[year % 4];
        assert_true(is_holiday("CL", year, 6, expected));
        assert_false(is_holiday("CL", year, 6, 41 - expected));
    }
}

static bool stays_in_colombia(int32_t date)
{
    static const int fixed[][2] = { { 1, 1 }, { 5, 1 }, { 7, 20 }, { 8, 7 }, { 12, 8 }, { 12, 25 } };
    const struct civil at = date_to_civil(date);
    for (size_t i = 0; i < TABLE_COUNT(fixed); i++)
        if (at.month == fixed[i][0] && at.day == fixed[i][1])
            return true;
    const int32_t easter = calendar_easter(at.year);
    return date == easter - 3 || date == easter - 2;
}

static void emiliani_holidays_are_mondays(void **state)
{
    (void)state;
    for (int year = 2022; year <= 2200; year++) {
        struct calendar_day days[CALENDAR_DAYS_MAX];
        const size_t count = calendar_days(country("CO"), year, days);
        assert_int_equal(count, year < 2026 ? 18 : 19);
        for (size_t i = 0; i < count; i++)
            assert_true(stays_in_colombia(days[i].date) || date_weekday(days[i].date) == 0);
    }
}

/* Against Oudin's algorithm of 1940, and published dates. */
static void easter(void **state)
{
    (void)state;
    for (int year = 1900; year <= 2200; year++) {
        const int g = year % 19, c = year / 100, h = (c - c / 4 - (8 * c + 13) / 25 + 19 * g + 15) % 30;
        const int i = h - h / 28 * (1 - 29 / (h + 1) * ((21 - g) / 11)), j = (year + year / 4 + i + 2 - c + c / 4) % 7;
        const int month = 3 + (i - j + 40) / 44, of_month = i - j + 28 - 31 * (month / 4);
        const int32_t date = calendar_easter(year);
        assert_int_equal(date, day(year, month, of_month));
        assert_int_equal(date_weekday(date), 6);
        assert_true(date >= day(year, 3, 22) && date <= day(year, 4, 25));
    }
    assert_int_equal(calendar_easter(1818), day(1818, 3, 22));
    assert_int_equal(calendar_easter(1943), day(1943, 4, 25));
    assert_int_equal(calendar_easter(2024), day(2024, 3, 31));
    assert_int_equal(calendar_easter(2026), day(2026, 4, 5));
    assert_int_equal(calendar_easter(2038), day(2038, 4, 25));
}

static void every_calendar_is_sound(void **state)
{
    (void)state;
    size_t countries = 0;
    const struct calendar *calendar;
    for (; (calendar = calendar_at(countries)); countries++) {
        assert_ptr_equal(calendar_find(calendar_code(calendar)), calendar);
        assert_int_equal(calendar_weekend(calendar), 1 << 5 | 1 << 6);
        struct calendar_cache cache = { 0 };
        for (int year = 2022; year <= 2100; year++) {
            struct calendar_day days[CALENDAR_DAYS_MAX];
            const size_t count = calendar_days(calendar, year, days);
            assert_true(count >= 7 && count < CALENDAR_DAYS_MAX);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(date_to_civil(days[i].date).year, year);
                assert_true(i == 0 || days[i - 1].date <= days[i].date);
                assert_true(*days[i].local && *days[i].english);
            }
            size_t next = 0;
            for (int32_t date = day(year, 1, 1); date <= day(year, 12, 31); date++) {
                const bool expected = next < count && days[next].date == date;
                assert_int_equal(calendar_is_holiday_cached(calendar, &cache, date), expected);
                while (next < count && days[next].date == date)
                    next++;
            }
            assert_int_equal(next, count);
        }
    }
    assert_int_equal(countries, 10);
    assert_null(calendar_find(SLICE("XX")));
    assert_null(calendar_find(SLICE("co")));
    assert_null(calendar_find(SLICE_NONE));
}

/* One cache for several calendars and years in any order answers as none does. */
static void a_cache_serves_any_question(void **state)
{
    (void)state;
    struct calendar_cache cache = { 0 };
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        const struct calendar *calendar = calendar_at((random >> 33) % 10);
        const int32_t date = day(2023, 1, 1) + (int32_t)((random >> 40) % 3000);
        struct calendar_day found = { .date = -1 };
        const bool expected = calendar_is_holiday(calendar, date, &found);
        assert_int_equal(calendar_is_holiday_cached(calendar, &cache, date), expected);
        assert_int_equal(found.date, expected ? date : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holidays_of_2025_and_2026), cmocka_unit_test(moved_days), cmocka_unit_test(chile_keeps_the_solstice),
        cmocka_unit_test(emiliani_holidays_are_mondays), cmocka_unit_test(easter), cmocka_unit_test(every_calendar_is_sound),
        cmocka_unit_test(a_cache_serves_any_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
