/* GET /v1/quotes/{id}. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply get_quote(struct request *rq, const struct get_quote_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(get_quote, .id = in->id, .version = in->has_version ? work_int(w, in->version) : SLICE_NONE));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
