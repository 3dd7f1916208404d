/* The ops about days: how many lie between two dates, and where a date goes that falls on a closed one. Nothing suspends. */
#include "plan_ops_internal.h"

#include "base/date.h"
#include "business_day.h"
#include "day_count.h"
#include "wire/json_write.h"

#include <stdlib.h>

#define HOLIDAYS_MAX 10000

/* ---- days --------------------------------------------------------------------------------------------------------------------------------- */

static struct slice write_fraction(struct work *w, struct day_fraction fraction)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_int(&out, "days", fraction.days);
    json_put_int(&out, "numerator", fraction.numerator);
    json_put_int(&out, "denominator", fraction.denominator);
    json_end(&out, '}');
    return json_done(&out);
}

struct slice plan_answer_days(struct work *w, struct decoder *d, const cJSON *value)
{
    static const struct decode_member members[] = { { "day_count", DECODE_REQUIRED }, { "from", DECODE_REQUIRED }, { "to", DECODE_REQUIRED },
                                                    { "period_start", 0 }, { "period_end", 0 }, { "frequency", 0 }, { "termination", 0 } };
    const cJSON *at[7];
    struct slice name, from, to, start, end, termination;
    int64_t frequency = 0;
    bool has_frequency;
    if (!decode_object(d, value, members, 7, at))
        return SLICE_NONE;
    decode_string(d, "day_count", at[0], &plan_text_rule, &name);
    decode_string(d, "from", at[1], &plan_date_rule, &from);
    decode_string(d, "to", at[2], &plan_date_rule, &to);
    decode_string(d, "period_start", at[3], &plan_date_rule, &start);
    decode_string(d, "period_end", at[4], &plan_date_rule, &end);
    decode_int64(d, "frequency", at[5], 1, 12, &frequency, &has_frequency);
    decode_string(d, "termination", at[6], &plan_date_rule, &termination);
    enum day_count convention;
    struct day_fraction fraction;
    if (work_failed(w))
        return SLICE_NONE;
    if (!day_count_parse(name, &convention))
        return plan_refuse(w, "/day_count", "unknown", "is no convention known here");
    if (slice_is_none(start) != slice_is_none(end))
        return plan_refuse(w, "/period_end", "required", "a reference period has a start and an end");
    const struct day_count_context context = { .has_reference = !slice_is_none(start), .reference_start = plan_date_of(start), .reference_end = plan_date_of(end),
                                               .periods_per_year = (int)frequency, .has_termination = !slice_is_none(termination),
                                               .termination = plan_date_of(termination) };
    if (!day_count_measure(convention, plan_date_of(from), plan_date_of(to), &context, &fraction))
        return plan_refuse(w, "/to", "range", "must not be before `from`, in a reference period that can be told");
    return write_fraction(w, fraction);
}

/* ---- adjust ------------------------------------------------------------------------------------------------------------------------------- */

static unsigned read_weekend(struct work *w, struct decoder *d, const cJSON *list)
{
    static const char *const names[] = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" };
    unsigned weekend = 0;
    size_t count;
    if (!decode_array(d, "weekend", list, 0, 7, &count))
        return 0;
    decode_enter(d, "weekend");
    for (const cJSON *item = decode_first(d, list); item; item = decode_next(d, item)) {
        struct slice name;
        unsigned day = 0;
        decode_string(d, NULL, item, &plan_text_rule, &name);
        while (day < 7 && !slice_equals_nocase(name, slice_from_text(names[day])))
            day++;
        if (day == 7)
            plan_refuse(w, "/weekend", "unknown", "must be days of the week, in English");
        weekend |= 1u << day;
    }
    decode_leave(d);
    return weekend;
}

static int by_date(const void *a, const void *b)
{
    const int32_t first = *(const int32_t *)a, second = *(const int32_t *)b;
    return (first > second) - (first < second);
}

static void read_holidays(struct work *w, struct decoder *d, const cJSON *list, struct closed_days *closed)
{
    if (!decode_array(d, "holidays", list, 0, HOLIDAYS_MAX, &closed->extra_count))
        return;
    int32_t *dates = ARENA_ARRAY(w->arena, int32_t, closed->extra_count);
    decode_enter(d, "holidays");
    for (const cJSON *item = decode_first(d, list); item; item = decode_next(d, item)) {
        struct slice date;
        decode_string(d, NULL, item, &plan_date_rule, &date);
        dates[decode_index(d)] = plan_date_of(date);
    }
    decode_leave(d);
    qsort(dates, closed->extra_count, sizeof *dates, by_date);
    closed->extra = dates;
}

static struct slice write_date(struct work *w, int32_t date)
{
    char text[DATE_BYTES + 1];
    date_format(date, text);
    return arena_printf(w->arena, "{\"date\":\"%s\"}", text);
}

struct slice plan_answer_adjust(struct work *w, struct decoder *d, const cJSON *value)
{
    static const struct decode_member members[] = { { "date", DECODE_REQUIRED }, { "business_day", DECODE_REQUIRED }, { "weekend", 0 },
                                                    { "holidays", 0 }, { "calendar", 0 } };
    const cJSON *at[5];
    struct slice date, name, country;
    struct closed_days closed = { 0 };
    enum business_day_convention convention;
    int32_t adjusted;
    if (!decode_object(d, value, members, 5, at))
        return SLICE_NONE;
    decode_string(d, "date", at[0], &plan_date_rule, &date);
    decode_string(d, "business_day", at[1], &plan_text_rule, &name);
    decode_string(d, "calendar", at[4], &plan_text_rule, &country);
    closed.calendar = slice_is_none(country) ? NULL : calendar_find(country);
    closed.weekend = at[2] ? read_weekend(w, d, at[2]) : closed.calendar ? calendar_weekend(closed.calendar) : 0;
    read_holidays(w, d, at[3], &closed);
    if (work_failed(w))
        return SLICE_NONE;
    if (!slice_is_none(country) && !closed.calendar)
        return plan_refuse(w, "/calendar", "unknown", "there is no such calendar");
    if (!business_day_parse(name, &convention))
        return plan_refuse(w, "/business_day", "unknown", "is no convention known here");
    if (!business_day_adjust(&closed, convention, plan_date_of(date), &adjusted))
        return plan_refuse(w, "/date", "range", "has no open day within a year");
    return write_date(w, adjusted);
}
