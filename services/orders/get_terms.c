/* GET /v1/terms: the text a buyer accepts. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_terms(struct request *rq, const struct get_terms_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_terms, .version = in->version, .locale = in->locale));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
