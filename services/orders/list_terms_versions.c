/* GET /v1/terms/versions. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply list_terms_versions(struct request *rq, const struct list_terms_versions_in *in)
{
    (void)in;
    const struct row *row = db_one(&rq->work, SQL(list_terms_versions));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
