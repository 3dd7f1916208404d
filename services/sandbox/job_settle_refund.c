/* Job settle_refund: brings a refund that took its time to its end, good or not, with the event about it. Suspends. */
#include "gen/sandbox/sql.h"
#include "gen/sandbox/tables.h"
#include "sandbox.h"

SUSPENDS enum job_outcome job_settle_refund(struct work *w, const struct job *job)
{
    const struct row *row = db_maybe(w, SQL(object_get, .id = job_text(w, job, "refund_id"), .kind = SLICE("refund")));
    if (!row)
        return work_failed(w) ? JOB_RETRY : JOB_DEAD;
    const cJSON *body = json_parse(w->arena, row_text(row, "body"), NULL, NULL);
    bool fails = slice_equals_text(job_text(w, job, "fails"), "true");
    struct refund refund = {
        .id = json_member_text(body, "id"),
        .charge = json_member_text(body, "charge"),
        .currency = json_member_text(body, "currency"),
        .intent = json_member_text(body, "payment_intent"),
        .reason = json_member_text(body, "reason"),
        .status = fails ? SLICE("failed") : SLICE("succeeded"),
        .failure_reason = fails ? SLICE(REFUND_FAILURE) : SLICE_NONE,
        .metadata = json_print(w->arena, json_member(body, "metadata")),
        .amount = json_member_int64(body, "amount", 0),
        .created = json_member_int64(body, "created", 0),
    };
    if (slice_equals(json_member_text(body, "status"), refund.status))
        return JOB_DONE;
    struct effect effect = effect_new(w);
    struct slice webhook = job_text(w, job, "webhook");
    effect.fault = slice_is_none(webhook) ? NULL : json_parse(w->arena, webhook, NULL, NULL);
    struct slice settled = refund_json(w->arena, &refund);
    effect_put(&effect, refund.id, "refund", SLICE_NONE, row_int(row, "version"), settled);
    effect_refund(&effect, refund.intent, fails ? -refund.amount : 0);
    effect_event(&effect, fails ? "refund.failed" : "refund.updated", settled, 0);
    return effect_apply(&effect) ? JOB_DONE : JOB_RETRY;
}
