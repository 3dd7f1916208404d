/* GET /v1/ledger/export: the ledger as JSON Lines, a page at a time, for whoever wants to keep it or to check it without us (cuotas-ledger). Suspends in one
 * statement. */
#include "billing/ledger_cursor.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply export_ledger(struct request *rq, const struct export_ledger_in *in)
{
    struct work *w = &rq->work;
    struct slice after[3];   /* lane, position, whether its end was told */
    if (!ledger_cursor(w, in->cursor, "iii", after))
        return reply_problem(rq);
    const bool begin = slice_is_none(in->cursor);
    const struct row *row = db_one(w, SQL(export_ledger, .lane = begin ? SLICE("0") : after[0], .position = begin ? SLICE("0") : after[1],
                                          .ended = begin ? SLICE("0") : after[2], .limit = work_int(w, in->limit)));
    if (!row)
        return reply_problem(rq);
    struct reply reply = reply_ok(rq, row_text(row, "body"));
    reply.content_type = "application/x-ndjson";
    if (!slice_is_none(row_text(row, "next_cursor")))
        reply_header(rq, &reply, "Next-Cursor", row_text(row, "next_cursor"));
    return reply;
}
