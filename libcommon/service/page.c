/* See page.h. A cursor is data from outside like any other: strictly decoded, its parts still checked by whoever uses them. */
#include "service/page.h"

#include "gen/problems.h"
#include "wire/base64.h"

bool page_cursor(struct work *w, struct slice cursor, struct slice *parts, size_t count)
{
    struct slice rest;
    for (size_t i = 0; i < count; i++)
        parts[i] = SLICE_NONE;
    if (slice_is_none(cursor))
        return true;
    bool valid = base64url_decode(w->arena, cursor, &rest);
    for (size_t i = 0; valid && i < count; i++) {
        valid = !slice_is_none(rest);
        if (i + 1 == count)
            parts[i] = arena_copy(w->arena, rest);
        else if (valid)
            parts[i] = arena_copy(w->arena, slice_cut(rest, '|', &rest));
    }
    if (!valid)
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:cursor"), "format",
                        "is not a cursor given by this operation");
    return valid;
}
