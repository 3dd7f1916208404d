/* PATCH /v1/plans/{id}: the patch is laid over what is there, and the whole is read and checked as a new definition. Whoever changes it meanwhile wins:
 * the statement writes over the version that was read and no other. */
#include "definition.h"
#include "gen/orders/sql.h"
#include "service/version.h"
#include "wire/json.h"

/* None with the faults recorded. */
static struct slice changed(struct request *rq, const struct row *plan)
{
    struct work *w = &rq->work;
    struct create_plan_in *in = ARENA_NEW(w->arena, struct create_plan_in);
    struct decoder d = decoder_new(w);
    const cJSON *target = json_parse(w->arena, row_text(plan, "definition"), NULL, NULL), *patch = json_parse(w->arena, rq->body, NULL, NULL);
    const struct slice whole = definition_kept(w->arena, target, patch);
    read_create_plan_body(&d, json_parse(w->arena, whole, NULL, NULL), in);
    return !work_failed(w) && definition_check(w, in) ? whole : SLICE_NONE;
}

SUSPENDS struct reply change_plan(struct request *rq, const struct change_plan_in *in)
{
    struct work *w = &rq->work;
    const struct row *plan = db_one(w, SQL(plan_to_change, .id = in->id));
    if (!plan || !version_is(w, in->if_match, row_int(plan, "version")))
        return reply_problem(rq);
    const struct slice definition = changed(rq, plan);
    if (slice_is_none(definition))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(change_plan, .id = in->id, .version = row_text(plan, "version"), .definition = definition, .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
