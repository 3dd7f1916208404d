/* Civil dates, RFC 3339 text, the merchant's zone, the clocks. */
#include "check.h"

#include "base/clock.h"
#include "base/date.h"

#include <time.h>

static void every_date_round_trips(void **state)
{
    (void)state;
    int32_t date = date_from_civil((struct civil){ 1, 1, 1 });
    int weekday = date_weekday(date);
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= date_days_in_month(year, month); day++, date++, weekday = (weekday + 1) % 7) {
                struct civil back = date_to_civil(date);
                if (date_from_civil((struct civil){ year, month, day }) != date || back.year != year || back.month != month
                    || back.day != day || date_weekday(date) != weekday)
                    fail_msg("%04d-%02d-%02d", year, month, day);
            }
    assert_int_equal(date_from_civil((struct civil){ 1970, 1, 1 }), 0);
    assert_int_equal(date_weekday(date_from_civil((struct civil){ 2026, 11, 22 })), 6);   /* a Sunday */
}

static void assert_months(const char *from, int months, int anchor, const char *to)
{
    int32_t date;
    char text[11];
    assert_true(date_parse(slice_from_text(from), &date));
    date_format(date_add_months(date, months, anchor), text);
    assert_string_equal(text, to);
}

static void months_aim_at_their_day(void **state)
{
    (void)state;
    assert_months("2026-01-31", 1, 31, "2026-02-28");
    assert_months("2026-02-28", 1, 31, "2026-03-31");
    assert_months("2028-01-31", 1, 31, "2028-02-29");
    assert_months("2026-11-30", 3, 30, "2027-02-28");
    assert_months("2026-12-15", 1, 15, "2027-01-15");
    assert_months("2026-03-31", -1, 31, "2026-02-28");
    assert_months("2026-01-15", -1, 15, "2025-12-15");
    assert_months("2026-05-05", 0, 5, "2026-05-05");
    assert_months("2026-05-05", 120, 5, "2036-05-05");
}

static void parses_dates_strictly(void **state)
{
    (void)state;
    static const char *const good[] = { "0001-01-01", "2024-02-29", "2000-02-29", "9999-12-31" };
    static const char *const bad[] = { "", "2026-02-29", "1900-02-29", "2026-00-10", "2026-13-01", "2026-01-00", "2026-01-32", "2026-04-31",
                                       "0000-01-01", "2026-1-1", "2026-01-01 ", " 2026-01-01", "2026/01/01", "20260101", "2026-01-0a",
                                       "+026-01-01", "2026-01-011", "-001-01-01" };
    int32_t date;
    char text[11];
    for (size_t i = 0; i < TABLE_COUNT(good); i++) {
        assert_true(date_parse(slice_from_text(good[i]), &date));
        date_format(date, text);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        if (date_parse(slice_from_text(bad[i]), &date))
            fail_msg("accepted %s", bad[i]);
}

static void parses_times_strictly(void **state)
{
    (void)state;
    static const struct { const char *text, *utc; } good[] = {
        { "2026-11-22T00:06:17.123456Z", "2026-11-22T00:06:17.123456Z" }, { "2026-11-22T00:06:17Z", "2026-11-22T00:06:17.000000Z" },
        { "2026-11-22t00:06:17z", "2026-11-22T00:06:17.000000Z" }, { "2026-11-22T00:06:17.5-05:00", "2026-11-22T05:06:17.500000Z" },
        { "2026-11-22T00:06:17.123456789+00:00", "2026-11-22T00:06:17.123456Z" },
        { "2026-01-01T00:00:00+14:00", "2025-12-31T10:00:00.000000Z" },
        { "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z" }, { "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z" },
        { "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z" }, { "1900-03-01T12:00:00Z", "1900-03-01T12:00:00.000000Z" },
    };
    static const char *const bad[] = { "", "2026-11-22", "2026-11-22T", "2026-11-22T00:06:17", "2026-11-22 00:06:17Z",
                                       "2026-11-22T24:00:00Z",
                                       "2026-11-22T00:60:00Z", "2026-11-22T00:00:60Z", "2026-11-22T00:00:00.Z",
                                       "2026-11-22T00:00:00.1234567890Z",
                                       "2026-11-22T00:00:00,5Z", "2026-11-22T00:00:00+0500", "2026-11-22T00:00:00+24:00",
                                       "2026-11-22T00:00:00+05:60",
                                       "2026-11-22T00:00:00ZZ", "2026-11-22T00:00:00+05", "2026-02-30T00:00:00Z", "2026-11-22T0:00:00Z",
                                       "2026-11-22T00:00:00 05:00", "2026-11-22T00:00Z" };
    for (size_t i = 0; i < TABLE_COUNT(good); i++) {
        int64_t time_us;
        char text[28];
        if (!time_parse(slice_from_text(good[i].text), &time_us))
            fail_msg("refused %s", good[i].text);
        time_format(time_us, text);
        assert_string_equal(text, good[i].utc);
    }
    for (size_t i = 0; i < TABLE_COUNT(bad); i++) {
        int64_t time_us;
        if (time_parse(slice_from_text(bad[i]), &time_us))
            fail_msg("accepted %s", bad[i]);
    }
}

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void days_start_where_the_merchant_is(void **state)
{
    (void)state;
    /* Santiago and Beirut move their clocks forward at midnight: those days start at 01:00 local. */
    static const struct { const char *zone, *date, *start; } table[] = {
        { "America/Bogota", "2026-11-22", "2026-11-22T05:00:00.000000Z" }, { "UTC", "2026-11-22", "2026-11-22T00:00:00.000000Z" },
        { "America/Santiago", "2025-09-07", "2025-09-07T04:00:00.000000Z" },
        { "America/Santiago", "2025-04-06", "2025-04-06T04:00:00.000000Z" },
        { "Asia/Beirut", "2025-03-30", "2025-03-29T22:00:00.000000Z" },
        { "Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00.000000Z" },
        { "America/Mexico_City", "2026-06-01", "2026-06-01T06:00:00.000000Z" },
        { "Europe/Madrid", "2026-03-29", "2026-03-28T23:00:00.000000Z" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        int32_t date;
        char text[28];
        use_zone(table[i].zone);
        assert_true(date_parse(slice_from_text(table[i].date), &date));
        int64_t start = date_start_us(date);
        time_format(start, text);
        if (strcmp(text, table[i].start) != 0)
            fail_msg("%s %s starts at %s", table[i].zone, table[i].date, text);
        assert_int_equal(date_of_time(start), date);
        assert_int_equal(date_of_time(start - 1), date - 1);
    }
}

static void every_day_of_a_zone_has_a_start(void **state)
{
    (void)state;
    static const char *const zones[] = { "America/Bogota", "America/Santiago", "America/Havana", "America/Asuncion" };
    for (size_t i = 0; i < TABLE_COUNT(zones); i++) {
        use_zone(zones[i]);
        for (int32_t date = 20000; date < 21000; date++) {
            int64_t start = date_start_us(date);
            assert_int_equal(date_of_time(start), date);
            assert_true(date_of_time(start - 1) < date);
        }
    }
}

static void the_test_clock_only_goes_forward(void **state)
{
    (void)state;
    int64_t monotonic = clock_monotonic_us(), wall = clock_wall_us();
    assert_int_equal(clock_offset_s(), 0);
    clock_set_offset_s(86400);
    clock_set_offset_s(3600);
    assert_int_equal(clock_offset_s(), 86400);
    int64_t ahead = clock_logical_us() - clock_wall_us();
    assert_true(ahead > 86399 * INT64_C(1000000) && ahead <= 86400 * INT64_C(1000000));
    assert_true(clock_monotonic_us() >= monotonic);
    assert_true(wall > INT64_C(1700000000) * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_date_round_trips), cmocka_unit_test(months_aim_at_their_day), cmocka_unit_test(parses_dates_strictly),
        cmocka_unit_test(parses_times_strictly), cmocka_unit_test(days_start_where_the_merchant_is),
        cmocka_unit_test(every_day_of_a_zone_has_a_start), cmocka_unit_test(the_test_clock_only_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
