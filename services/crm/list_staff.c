/* GET /v1/staff. One statement. */
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "service/page.h"

SUSPENDS struct reply list_staff(struct request *rq, const struct list_staff_in *in)
{
    struct work *w = &rq->work;
    struct slice after_id;
    if (!page_cursor(w, in->cursor, "u", &after_id))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(list_staff, .after_id = after_id, .limit = work_int(w, in->limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
