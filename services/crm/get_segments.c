/* GET /v1/customers/{id}/segments. One statement. */
#include "gen/crm/api.h"
#include "gen/crm/sql.h"

SUSPENDS struct reply get_segments(struct request *rq, const struct get_segments_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_segments, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
