/* Business-day conventions: all of them choose between the open day before and the one after. Pure; a search is never longer than
 * BUSINESS_DAY_REACH, whatever is closed. */
#include "business_day.h"

#include "base/date.h"
#include "find_name.h"

static const char *const names[] = {
    [BUSINESS_DAY_NONE] = "none", [BUSINESS_DAY_FOLLOWING] = "following", [BUSINESS_DAY_MODIFIED_FOLLOWING] = "modified_following",
    [BUSINESS_DAY_MODIFIED_FOLLOWING_BI_MONTHLY] = "modified_following_bi_monthly", [BUSINESS_DAY_PRECEDING] = "preceding",
    [BUSINESS_DAY_MODIFIED_PRECEDING] = "modified_preceding", [BUSINESS_DAY_NEAREST] = "nearest"
};

static bool is_extra(const struct closed_days *closed, int32_t date)
{
    size_t low = 0, high = closed->extra_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (closed->extra[middle] < date)
            low = middle + 1;
        else
            high = middle;
    }
    return low < closed->extra_count && closed->extra[low] == date;
}

static bool is_holiday(const struct closed_days *closed, int32_t date)
{
    if (!closed->calendar)
        return false;
    return closed->cache ? calendar_is_holiday_cached(closed->calendar, closed->cache, date) : calendar_is_holiday(closed->calendar, date, NULL);
}

bool business_day_is_open(const struct closed_days *closed, int32_t date)
{
    if (!closed)
        return true;
    return !(closed->weekend >> date_weekday(date) & 1) && !is_extra(closed, date) && !is_holiday(closed, date);
}

static bool search(const struct closed_days *closed, int32_t date, int step, int32_t *out)
{
    for (int i = 0; i <= BUSINESS_DAY_REACH; i++, date += step)
        if (business_day_is_open(closed, date)) {
            *out = date;
            return true;
        }
    return false;
}

bool business_day_at_or_before(const struct closed_days *closed, int32_t date, int32_t *out)
{
    return search(closed, date, -1, out);
}

bool business_day_at_or_after(const struct closed_days *closed, int32_t date, int32_t *out)
{
    return search(closed, date, 1, out);
}

/* Whether both days are in the same month, and in the same half of it where halves count. */
static bool together(int32_t a, int32_t b, bool halves)
{
    const struct civil x = date_to_civil(a), y = date_to_civil(b);
    return x.month == y.month && x.year == y.year && (!halves || (x.day <= 15) == (y.day <= 15));
}

bool business_day_adjust(const struct closed_days *closed, enum business_day_convention convention, int32_t date, int32_t *out)
{
    if (convention == BUSINESS_DAY_NONE || business_day_is_open(closed, date)) {
        *out = date;
        return true;
    }
    int32_t before, after;
    const bool has_before = search(closed, date, -1, &before), has_after = search(closed, date, 1, &after);
    bool forward = true;
    switch (convention) {
    case BUSINESS_DAY_NONE:
    case BUSINESS_DAY_FOLLOWING:
        break;
    case BUSINESS_DAY_MODIFIED_FOLLOWING:
    case BUSINESS_DAY_MODIFIED_FOLLOWING_BI_MONTHLY:
        forward = has_after && together(date, after, convention == BUSINESS_DAY_MODIFIED_FOLLOWING_BI_MONTHLY);
        break;
    case BUSINESS_DAY_PRECEDING:
        forward = false;
        break;
    case BUSINESS_DAY_MODIFIED_PRECEDING:
        forward = !has_before || !together(date, before, false);
        break;
    case BUSINESS_DAY_NEAREST:
        forward = has_after && (!has_before || after - date <= date - before);
        break;
    case BUSINESS_DAY_CONVENTIONS:
        return false;
    }
    if (!(forward ? has_after : has_before))
        return false;
    *out = forward ? after : before;
    return true;
}

bool business_day_parse(struct slice text, enum business_day_convention *out)
{
    const int index = slice_equals_nocase(text, SLICE("no_adjust")) ? BUSINESS_DAY_NONE : FIND_NAME(text, names, slice_equals_nocase);   /* OpenGamma's word */
    if (index >= 0)
        *out = (enum business_day_convention)index;
    return index >= 0;
}

struct slice business_day_name(enum business_day_convention convention)
{
    return slice_from_text(names[convention]);
}
