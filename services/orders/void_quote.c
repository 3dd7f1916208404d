/* POST /v1/quotes/{id}/void. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"

SUSPENDS struct reply void_quote(struct request *rq, const struct void_quote_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(void_quote, .id = in->id, .reason = in->reason, .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
