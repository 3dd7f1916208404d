/* See autopay.h. */
#include "billing/autopay.h"

#include "base/clock.h"
#include "base/date.h"
#include "gen/problems.h"

#define DAYS_AHEAD_MAX 31

bool autopay_day(struct work *w, struct slice given, struct slice *out)
{
    const int32_t today = date_of_time(clock_logical_us());
    int32_t day = today;
    char text[DATE_BYTES + 1];
    if (!slice_is_none(given) && (!date_parse(given, &day) || day > today + DAYS_AHEAD_MAX)) {
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:date"), "range", "at most a month ahead");
        return false;
    }
    date_format(day, text);
    *out = arena_copy(w->arena, slice_from_text(text));
    return true;
}
