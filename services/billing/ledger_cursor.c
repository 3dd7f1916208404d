/* See ledger_cursor.h. Nothing suspends. */
#include "billing/ledger_cursor.h"

#include "billing/ledger_chain.h"
#include "gen/problems.h"
#include "service/page.h"

bool ledger_cursor(struct work *w, struct slice cursor, const char *kinds, struct slice *parts)
{
    int64_t lane;
    if (!page_cursor(w, cursor, kinds, parts))
        return false;
    if (slice_is_none(cursor) || (slice_to_int64(parts[0], &lane) && lane >= 0 && lane < LEDGER_LANES))
        return true;
    work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:cursor"), "format", "is not a cursor given by this operation");
    return false;
}
