/* PATCH /v1/customers/{id}/consents. One statement. */
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "wire/json_write.h"

SUSPENDS struct reply change_consents(struct request *rq, const struct change_consents_in *in)
{
    struct json_writer changes = json_to_arena(rq->work.arena);
    json_begin(&changes, NULL, '{');
    if (in->has_marketing)
        json_put_bool(&changes, "marketing", in->marketing);
    json_end(&changes, '}');
    const struct row *row = db_one(&rq->work, SQL(change_consents, .id = in->id, .changes = json_done(&changes)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
