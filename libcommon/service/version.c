/* See version.h. Tags are compared strongly: a weak one (W/"7") is none of ours. Pure but for the failure it records. */
#include "service/version.h"

#include "gen/problems.h"

bool version_is(struct work *w, struct slice if_match, int64_t version)
{
    const struct slice tag = arena_printf(w->arena, "\"%lld\"", (long long)version);
    struct slice rest = if_match;
    while (!slice_is_none(rest)) {
        const struct slice named = slice_trim(slice_cut(rest, ',', &rest));
        if (slice_equals(named, tag) || slice_equals_text(named, "*"))
            return true;
    }
    return work_fail(w, &PROBLEM_precondition_failed, "it is at version %lld now", (long long)version) != NULL;
}
