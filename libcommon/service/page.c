/* See page.h. A cursor is data from outside like any other: strictly decoded, each part checked for what it is to be. */
#include "service/page.h"

#include "base/date.h"
#include "base/money.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "gen/problems.h"
#include "wire/base64.h"

#define NUMBER_SCALE_MAX 9

static bool part_valid(char kind, struct slice part)
{
    struct decimal number;
    int64_t value;
    int32_t day;
    switch (kind) {
    case 'u':
        return uuid_valid(part);
    case 'n':
        return decimal_parse(part, NUMBER_SCALE_MAX, &number);
    case 'i':
        return slice_to_int64(part, &value);
    case 'a':
        return time_parse(part, &value);
    case 'd':
        return date_parse(part, &day);
    default:   /* a text, as SQL takes it: what is none would only fail there, and be logged by the database */
        return utf8_valid(part) && !memchr(part.data, '\0', part.size);
    }
}

bool page_cursor(struct work *w, struct slice cursor, const char *kinds, struct slice *parts)
{
    struct slice rest;
    for (size_t i = 0; kinds[i]; i++)
        parts[i] = SLICE_NONE;
    if (slice_is_none(cursor))
        return true;
    bool valid = base64url_decode(w->arena, cursor, &rest);
    for (size_t i = 0; valid && kinds[i]; i++) {
        valid = !slice_is_none(rest);
        bool last = kinds[i + 1] == '\0';
        if (valid)
            parts[i] = arena_copy(w->arena, last ? rest : slice_cut(rest, '|', &rest));
        valid = valid && part_valid(kinds[i], parts[i]);
    }
    if (!valid)
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:cursor"), "format",
                        "is not a cursor given by this operation");
    return valid;
}
