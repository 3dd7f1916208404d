/* See ledger_fold.h: 16 lanes of so many postings a unit. What is posted meanwhile is folded too, or left for the next time. */
#include "billing/ledger_fold.h"

#include "base/log.h"
#include "gen/billing/sql.h"

#define LANE_POSTINGS 1000

bool ledger_fold(struct work *w)
{
    int64_t folded = 0;
    bool full = true;
    while (full) {
        const struct row *row = db_one(w, SQL(fold_ledger, .limit = work_int(w, LANE_POSTINGS)));
        if (!row)
            return false;
        folded += row_int(row, "folded");
        full = row_bool(row, "full");
    }
    log_info("ledger folded", LOG_INT("postings", folded));
    return true;
}
