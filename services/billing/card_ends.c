/* See card_ends.h. Pages of cards by their end, each one short unit; a card remembers of which end its customer was told. Suspends throughout. */
#include "billing/card_ends.h"

#include "base/log.h"
#include "gen/billing/sql.h"

#define PAGE_ROWS 2000

bool card_ends_tell(struct work *w, struct slice date)
{
    struct slice year = SLICE("0"), month = SLICE("0"), id = SLICE("00000000-0000-0000-0000-000000000000");
    int64_t seen = PAGE_ROWS, told = 0;
    while (seen == PAGE_ROWS) {
        const struct row *row = db_one(w, SQL(day_close_cards, .date = date, .after_year = year, .after_month = month, .after_id = id, .limit = work_int(w, PAGE_ROWS)));
        if (!row)
            return false;
        seen = row_int(row, "seen");
        told += row_int(row, "changed");
        year = row_text(row, "last_year");
        month = row_text(row, "last_month");
        id = row_text(row, "last_id");
    }
    log_info("cards that end", LOG_SLICE("date", date), LOG_INT("told", told));
    return true;
}
