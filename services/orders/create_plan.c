/* POST /v1/plans. One statement. */
#include "base/uuid.h"
#include "definition.h"
#include "gen/orders/sql.h"
#include "wire/json.h"

SUSPENDS struct reply create_plan(struct request *rq, const struct create_plan_in *in)
{
    struct work *w = &rq->work;
    if (!definition_check(w, in))
        return reply_problem(rq);
    const struct slice definition = definition_kept(w->arena, NULL, json_parse(w->arena, rq->body, NULL, NULL));
    const struct row *row = db_one(w, SQL(create_plan, .id = uuid_new(w->arena), .definition = definition, .by = w->identity.subject));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
