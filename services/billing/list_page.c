/* Cursors of billing's lists: a cursor comes from outside, so its parts are checked before SQL casts them. Pure. */
#include "billing/list_page.h"

#include "base/date.h"
#include "base/uuid.h"
#include "gen/problems.h"
#include "service/page.h"

bool list_position_read(struct work *w, struct slice cursor, struct list_position *out)
{
    struct slice parts[2];
    int64_t at_us;
    if (!page_cursor(w, cursor, parts, 2))
        return false;
    *out = (struct list_position){ parts[0], parts[1] };
    if (slice_is_none(cursor) || (time_parse(out->at, &at_us) && uuid_valid(out->id)))
        return true;
    work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:cursor"), "format", "is not a cursor given by this operation");
    return false;
}
