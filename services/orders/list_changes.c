/* GET /v1/contracts/{id}/changes: all changes of a contract after its sale, newest first. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_changes(struct request *rq, const struct list_changes_in *in)
{
    struct work *w = &rq->work;
    struct slice after[1];
    if (!page_cursor(w, in->cursor, "u", after))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_changes, .contract_id = in->id, .after = after[0], .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
