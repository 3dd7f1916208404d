/* Disputes: the bank takes a charge's money back and asks the shop why it should not. One begins with a card that is always disputed (cards.c) or with
 * POST /_sim/disputes; what decides it is Stripe's own for tests: evidence whose uncategorized_text is `winning_evidence` or `losing_evidence`, or closing it,
 * which is losing it. An inquiry takes no money until `escalate_inquiry_evidence` makes a chargeback of it. */
#include "base/clock.h"
#include "gen/problems.h"
#include "gen/sandbox/sql.h"
#include "payment_intents.h"
#include "wire/json.h"
#include "wire/uri.h"

#define FEE 1500
#define DUE_S (7 * 86400)

struct slice dispute_new_json(struct arena *arena, const struct intent *intent, int64_t amount, const char *reason, bool inquiry)
{
    return dispute_json(arena, &(struct dispute){
        .id = object_id(arena, "du"), .charge = intent->latest_charge, .currency = intent->currency, .intent = intent->id, .reason = slice_from_text(reason),
        .status = inquiry ? SLICE("warning_needs_response") : SLICE("needs_response"), .evidence = SLICE("{}"), .metadata = SLICE("{}"), .amount = amount,
        .created = clock_wall_us() / 1000000, .withdrawn = !inquiry });
}

static void put_transaction(struct json_writer *out, const struct dispute *dispute, bool back)
{
    int64_t amount = back ? dispute->amount : -dispute->amount, fee = back ? 0 : FEE;
    json_begin(out, NULL, '{');
    json_put_text(out, "id", arena_printf(out->arena, "txn_%s_%.*s", back ? "back" : "out", SLICE_FMT(dispute->id)));
    json_put_text(out, "object", SLICE("balance_transaction"));
    json_put_int(out, "amount", amount);
    json_put_text(out, "currency", dispute->currency);
    json_put_int(out, "fee", fee);
    json_put_int(out, "net", amount - fee);
    json_put_text(out, "reporting_category", back ? SLICE("dispute_reversal") : SLICE("dispute"));
    json_put_text(out, "source", dispute->id);
    json_put_text(out, "type", SLICE("adjustment"));
    json_end(out, '}');
}

static void put_details(struct json_writer *out, const struct dispute *dispute)
{
    json_begin(out, "evidence_details", '{');
    json_put_int(out, "due_by", dispute->created + DUE_S);
    json_put_bool(out, "has_evidence", dispute->submissions > 0);
    json_put_bool(out, "past_due", false);
    json_put_int(out, "submission_count", dispute->submissions);
    json_end(out, '}');
}

struct slice dispute_json(struct arena *arena, const struct dispute *dispute)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "id", dispute->id);
    json_put_text(&out, "object", SLICE("dispute"));
    json_put_int(&out, "amount", dispute->amount);
    json_begin(&out, "balance_transactions", '[');
    if (dispute->withdrawn)
        put_transaction(&out, dispute, false);
    if (dispute->reinstated)
        put_transaction(&out, dispute, true);
    json_end(&out, ']');
    json_put_text(&out, "charge", dispute->charge);
    json_put_int(&out, "created", dispute->created);
    json_put_text(&out, "currency", dispute->currency);
    json_put_raw(&out, "evidence", dispute->evidence);
    put_details(&out, dispute);
    json_put_bool(&out, "is_charge_refundable", !dispute->withdrawn);
    json_put_bool(&out, "livemode", false);
    json_put_raw(&out, "metadata", dispute->metadata);
    json_put_text(&out, "payment_intent", dispute->intent);
    json_put_text(&out, "reason", dispute->reason);
    json_put_text(&out, "status", dispute->status);
    json_end(&out, '}');
    return json_done(&out);
}

static SUSPENDS bool dispute_load(struct work *w, struct slice id, struct dispute *out, int64_t *version)
{
    const struct row *row = db_maybe(w, SQL(object_get, .id = id, .kind = SLICE("dispute")));
    const cJSON *body = row ? json_parse(w->arena, row_text(row, "body"), NULL, NULL) : NULL;
    if (!body)
        return false;
    *version = row_int(row, "version");
    *out = (struct dispute){
        .id = json_member_text(body, "id"), .charge = json_member_text(body, "charge"), .currency = json_member_text(body, "currency"),
        .intent = json_member_text(body, "payment_intent"), .reason = json_member_text(body, "reason"), .status = json_member_text(body, "status"),
        .evidence = json_print(w->arena, json_member(body, "evidence")), .metadata = json_print(w->arena, json_member(body, "metadata")),
        .amount = json_member_int64(body, "amount", 0), .created = json_member_int64(body, "created", 0),
        .submissions = json_member_int64(json_member(body, "evidence_details"), "submission_count", 0),
        .withdrawn = cJSON_GetArraySize(json_member(body, "balance_transactions")) > 0,
        .reinstated = cJSON_GetArraySize(json_member(body, "balance_transactions")) > 1,
    };
    return true;
}

void dispute_begin(struct effect *effect, struct slice body)
{
    const cJSON *made = json_parse(effect->work->arena, body, NULL, NULL);
    effect_put(effect, json_member_text(made, "id"), "dispute", SLICE_NONE, 0, body);
    effect_event(effect, "charge.dispute.created", body, 0);
    if (slice_equals_text(json_member_text(made, "status"), "needs_response"))
        effect_event(effect, "charge.dispute.funds_withdrawn", body, 0);
}

SUSPENDS struct reply get_dispute(struct request *rq)
{
    const struct row *row = db_maybe(&rq->work, SQL(object_get, .id = rq->path_args[0], .kind = SLICE("dispute")));
    return row ? reply_ok(rq, row_text(row, "body")) : error_missing(rq, "dispute", rq->path_args[0]);
}

SUSPENDS struct reply list_disputes(struct request *rq)
{
    const struct rows *rows = db_all(&rq->work, SQL(object_list, .kind = SLICE("dispute"), .limit = work_int(&rq->work, LIST_LIMIT_MAX)));
    return rows ? list_reply(rq, rows, LIST_LIMIT_MAX, "list", "/v1/disputes") : reply_problem(rq);
}

static bool is_open(const struct dispute *dispute)
{
    return !slice_equals_text(dispute->status, "won") && !slice_equals_text(dispute->status, "lost") && !slice_equals_text(dispute->status, "warning_closed");
}

static bool is_inquiry(const struct dispute *dispute)
{
    return slice_starts_with(dispute->status, SLICE("warning_"));
}

static void tell(struct effect *effect, const struct dispute *dispute, const char *type)
{
    effect_event(effect, type, dispute_json(effect->work->arena, dispute), 0);
}

/* Its end, with the money where it belongs then. */
static void decide(struct effect *effect, struct dispute *dispute, bool won)
{
    bool inquiry = is_inquiry(dispute);
    dispute->status = inquiry ? SLICE("warning_closed") : won ? SLICE("won") : SLICE("lost");
    dispute->reinstated = won && !inquiry;
    if (dispute->reinstated)
        tell(effect, dispute, "charge.dispute.funds_reinstated");
    tell(effect, dispute, "charge.dispute.closed");
}

static SUSPENDS struct reply save(struct request *rq, struct effect *effect, const struct dispute *dispute, int64_t version)
{
    struct slice body = dispute_json(rq->work.arena, dispute);
    effect_put(effect, dispute->id, "dispute", SLICE_NONE, version, body);
    return effect_save(rq, effect, 200, body);
}

static struct slice evidence_json(struct arena *arena, const struct form *form)
{
    struct json_writer out = json_to_arena(arena);
    struct slice name, value;
    size_t at = 0;
    json_begin(&out, NULL, '{');
    while (form_child(form, "evidence", &at, &name, &value))
        json_put_text(&out, arena_copy(arena, name).data, value);
    json_end(&out, '}');
    return json_done(&out);
}

SUSPENDS struct reply update_dispute(struct request *rq)
{
    struct form form;
    struct dispute dispute;
    struct reply reply;
    int64_t version;
    if (!form_body(rq, &form, &reply))
        return reply;
    if (!dispute_load(&rq->work, rq->path_args[0], &dispute, &version))
        return error_missing(rq, "dispute", rq->path_args[0]);
    if (!is_open(&dispute))
        return error_reply(rq, 400, "invalid_request_error", NULL, "This dispute is already closed.", NULL);
    struct effect effect = effect_new(&rq->work);
    struct slice text = form_find(&form, "evidence[uncategorized_text]");
    dispute.evidence = evidence_json(rq->work.arena, &form);
    if (!slice_equals_text(form_find(&form, "submit"), "false")) {
        bool escalates = is_inquiry(&dispute) && slice_equals_text(text, "escalate_inquiry_evidence");
        dispute.submissions++;
        dispute.withdrawn = dispute.withdrawn || escalates;
        dispute.status = escalates ? SLICE("needs_response") : is_inquiry(&dispute) ? SLICE("warning_under_review") : SLICE("under_review");
        tell(&effect, &dispute, "charge.dispute.updated");
        if (escalates)
            tell(&effect, &dispute, "charge.dispute.funds_withdrawn");
        if (slice_equals_text(text, "winning_evidence") || slice_equals_text(text, "losing_evidence"))
            decide(&effect, &dispute, slice_equals_text(text, "winning_evidence"));
    }
    return save(rq, &effect, &dispute, version);
}

SUSPENDS struct reply close_dispute(struct request *rq)
{
    struct dispute dispute;
    int64_t version;
    if (!dispute_load(&rq->work, rq->path_args[0], &dispute, &version))
        return error_missing(rq, "dispute", rq->path_args[0]);
    if (!is_open(&dispute))
        return error_reply(rq, 400, "invalid_request_error", NULL, "This dispute is already closed.", NULL);
    struct effect effect = effect_new(&rq->work);
    decide(&effect, &dispute, false);
    return save(rq, &effect, &dispute, version);
}

/* The customer of any payment goes to their bank: {"payment_intent", "amount", "reason", "inquiry"}. */
SUSPENDS struct reply sim_dispute(struct request *rq)
{
    struct intent intent;
    const cJSON *asked = json_parse(rq->work.arena, rq->body, NULL, NULL);
    struct slice id = json_member_text(asked, "payment_intent"), reason = json_member_text(asked, "reason");
    if (slice_is_none(id) || !intent_load(&rq->work, id, &intent) || intent.amount_received == 0)
        return error_missing(rq, "payment_intent", id);
    struct effect effect = effect_new(&rq->work);
    struct slice body = dispute_new_json(rq->work.arena, &intent, json_member_int64(asked, "amount", intent.amount_received),
                                         slice_is_none(reason) ? "fraudulent" : reason.data, cJSON_IsTrue(json_member(asked, "inquiry")));
    dispute_begin(&effect, body);
    return effect_save(rq, &effect, 200, body);
}
