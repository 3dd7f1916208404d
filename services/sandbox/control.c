/* What Stripe does not have: the ledger to compare books with, faults on order, and the page a customer would authenticate on. Events are
 * read here too. */
#include "gen/problems.h"
#include "gen/sandbox/sql.h"
#include "payment_intents.h"
#include "wire/json.h"
#include "wire/uri.h"

#define TIMES_MAX 1000

SUSPENDS struct reply get_event(struct request *rq)
{
    const struct row *row = db_maybe(&rq->work, SQL(event_get, .id = rq->path_args[0]));
    return row ? reply_ok(rq, row_text(row, "payload")) : error_missing(rq, "event", rq->path_args[0]);
}

SUSPENDS struct reply list_events(struct request *rq)
{
    struct arena *arena = rq->work.arena;
    int64_t limit = 10;
    struct slice asked = uri_query_find(arena, rq->query, "limit");
    if (!slice_is_none(asked) && (!slice_to_int64(asked, &limit) || limit < 1 || limit > 100))
        return error_reply(rq, 400, "invalid_request_error", "parameter_invalid_integer", "Invalid limit.", NULL);
    const struct row *row = db_one(&rq->work, SQL(event_list, .since = uri_query_find(arena, rq->query, "created[gte]"),
                                                  .after = uri_query_find(arena, rq->query, "starting_after"),
                                                  .limit = work_int(&rq->work, limit)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}

SUSPENDS struct reply sim_ledger(struct request *rq)
{
    const struct row *row = db_one(&rq->work, SQL(ledger));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}

/* A plan with a member nobody knows would be a test that tests nothing: refused. */
static bool plan_known(const cJSON *plan, const char *const *names)
{
    for (const cJSON *member = plan ? plan->child : NULL; member; member = member->next) {
        bool known = false;
        for (const char *const *name = names; *name; name++)
            known = known || strcmp(member->string, *name) == 0;
        if (!known)
            return false;
    }
    return true;
}

SUSPENDS struct reply sim_plan(struct request *rq)
{
    static const char *const top[] = { "times", "customer", "payment_method", "charge", "refund", "webhook", NULL };
    static const char *const charge[] = { "hang", "reset", "status", "when", "decline_code", "more", NULL };
    static const char *const refund[] = { "hang", "reset", "status", "when", "pending_ms", "bounce_ms", "fail", NULL };
    static const char *const webhook[] = { "delay_ms", "copies", "drop", "reversed", "signature", NULL };
    struct work *w = &rq->work;
    const char *why = NULL;
    const cJSON *plan = json_parse(w->arena, rq->body, &why, NULL);
    int64_t times = json_member_int64(plan, "times", 1);
    if (!cJSON_IsObject(plan) || !plan_known(plan, top) || !plan_known(json_member(plan, "charge"), charge) ||
        !plan_known(json_member(plan, "refund"), refund) || !plan_known(json_member(plan, "webhook"), webhook) || times < 1 || times > TIMES_MAX) {
        work_fail(w, &PROBLEM_validation_failed, "not a plan: see services/sandbox/README.md");
        return reply_problem(rq);
    }
    if (!db_run(w, SQL(fault_add, .times = work_int(w, times), .customer = json_member_text(plan, "customer"),
                       .payment_method = json_member_text(plan, "payment_method"), .plan = rq->body)))
        return reply_problem(rq);
    return reply_ok(rq, SLICE("{\"planned\":true}"));
}

SUSPENDS struct reply sim_plan_clear(struct request *rq)
{
    return db_run(&rq->work, SQL(fault_clear)) ? reply_ok(rq, SLICE("{\"planned\":false}")) : reply_problem(rq);
}

static SUSPENDS struct reply authenticate_setup(struct request *rq, struct slice id)
{
    struct setup setup;
    struct method method;
    if (!setup_load(&rq->work, id, &setup) || !slice_equals_text(setup.status, "requires_action") ||
        !method_load(&rq->work, setup.method, &method))
        return error_missing(rq, "setup_intent", id);
    setup.status = SLICE("succeeded");
    method.customer = setup.customer;
    struct effect effect = effect_new(&rq->work);
    struct slice body = setup_json(rq->work.arena, &setup, SLICE_NONE);
    effect_put(&effect, method.id, "payment_method", method.customer, method.version, method_json(rq->work.arena, &method));
    effect_put(&effect, setup.id, "setup_intent", setup.customer, setup.version, body);
    effect_event(&effect, "setup_intent.succeeded", body, 0);
    return effect_save(rq, &effect, 200, body);
}

/* The customer passes the bank's check (or, with ?result=fail, does not). With ?webhook=lost no event tells of it. */
SUSPENDS struct reply sim_authenticate(struct request *rq)
{
    struct intent intent;
    struct method method;
    struct slice kind = rq->path_args[0], id = rq->path_args[1];
    if (slice_equals_text(kind, "setup_intent"))
        return authenticate_setup(rq, id);
    if (!slice_equals_text(kind, "payment_intent") || !intent_load(&rq->work, id, &intent) ||
        !slice_equals_text(intent.status, "requires_action") || !method_load(&rq->work, intent.method, &method))
        return error_missing(rq, "payment_intent", id);
    struct effect effect = effect_new(&rq->work);
    if (slice_equals_text(rq->query, "webhook=lost"))
        effect.fault = json_parse(rq->work.arena, SLICE("{\"drop\":true}"), NULL, NULL);
    finish_intent(&effect, &intent, &method, !slice_equals_text(rq->query, "result=fail"));
    return effect_save(rq, &effect, 200, intent_json(rq->work.arena, &intent, SLICE_NONE));
}
