/* GET /v1/terms/versions/{version}: both texts, for staff. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_terms_version(struct request *rq, const struct get_terms_version_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_terms_version, .version = in->version));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
