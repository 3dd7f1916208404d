/* Reading the vectors of date_rolls.json: what is closed, which convention, and comparing dates. */
#ifndef CUOTAS_TESTS_DATE_VECTORS_H
#define CUOTAS_TESTS_DATE_VECTORS_H

#include "vectors.h"

#include "orders/business_day.h"

struct vector_closed {
    struct closed_days days;
    int32_t extra[32];
};

static inline const struct closed_days *vector_closed_days(const cJSON *in, struct vector_closed *out)
{
    static const char *const weekdays[] = { "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY" };
    *out = (struct vector_closed){ .days = { .extra = out->extra } };
    for (const cJSON *item = at(in, "weekend") ? at(in, "weekend")->child : NULL; item; item = item->next)
        for (int i = 0; i < 7; i++)
            if (is(item->valuestring, weekdays[i]))
                out->days.weekend |= 1u << i;
    for (const cJSON *item = at(in, "holidays") ? at(in, "holidays")->child : NULL; item; item = item->next) {
        assert_true(out->days.extra_count < 32);
        assert_true(date_parse(slice_from_text(item->valuestring), &out->extra[out->days.extra_count++]));
    }
    return &out->days;
}

/* "MODIFIED_FOLLOWING"; NO_ADJUST is none. */
static inline enum business_day_convention vector_convention(const char *name)
{
    if (is(name, "NO_ADJUST"))
        return BUSINESS_DAY_NONE;
    for (int i = 0; i < BUSINESS_DAY_CONVENTIONS; i++)
        if (slice_equals_nocase(slice_from_text(name), business_day_name((enum business_day_convention)i)))
            return (enum business_day_convention)i;
    fail_msg("no convention %s", name);
    return BUSINESS_DAY_NONE;
}

static inline void check_date(const cJSON *c, const char *field, int32_t actual)
{
    char text[DATE_BYTES + 1];
    date_format(actual, text);
    if (!is(text, text_at(at(c, "expected"), field)))
        fail_msg("%s: %s is %s, expected %s", text_at(c, "id"), field, text, text_at(at(c, "expected"), field));
}

#endif
