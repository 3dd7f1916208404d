/* GET /v1/categories: the whole tree, two levels. One statement. */
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"

SUSPENDS struct reply list_categories(struct request *rq, const struct list_categories_in *in)
{
    (void)in;
    const struct row *row = db_one(&rq->work, SQL(list_categories));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
