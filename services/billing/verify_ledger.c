/* GET /v1/ledger/verify: the chains recomputed, so many postings at a time. Suspends in one statement. */
#include "billing/ledger_cursor.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply verify_ledger(struct request *rq, const struct verify_ledger_in *in)
{
    struct work *w = &rq->work;
    struct slice from[2];   /* lane, position */
    if (!ledger_cursor(w, in->cursor, "ii", from))
        return reply_problem(rq);
    const bool begin = slice_is_none(in->cursor);
    const struct row *row = db_one(w, SQL(verify_ledger, .lane = begin ? SLICE("0") : from[0], .position = begin ? SLICE("0") : from[1],
                                          .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
