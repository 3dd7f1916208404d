/* DELETE /v1/closures/{id}. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply remove_closure(struct request *rq, const struct remove_closure_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(remove_closure, .id = in->id, .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
