/* GET /v1/staff/{id}. One statement. */
#include "gen/crm/api.h"
#include "gen/crm/sql.h"

SUSPENDS struct reply get_staff(struct request *rq, const struct get_staff_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_staff, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
