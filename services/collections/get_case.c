/* GET /v1/collections/cases/{id}. One statement. */
#include "gen/collections/api.h"
#include "gen/collections/sql.h"

SUSPENDS struct reply get_case(struct request *rq, const struct get_case_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_case, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
