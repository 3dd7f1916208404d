/* POST /v1/disputes/{id}/evidence: what the shop answers its customer's bank. Suspends in one statement. */
#include "billing/provider.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "wire/json_write.h"

/* Names of those that take answers, divided by blanks. */
static struct slice answering_providers(struct work *w)
{
    struct slice names = SLICE("");
    const struct provider *provider;
    for (size_t i = 0; (provider = provider_at(i)); i++)
        if (provider->dispute_answer)
            names = arena_printf(w->arena, "%.*s %s", SLICE_FMT(names), provider->name);
    return names;
}

struct reply submit_evidence(struct request *rq, const struct submit_evidence_in *in)
{
    struct work *w = &rq->work;
    const struct { const char *name; struct slice text; } fields[] = {
        { "product_description", in->product_description }, { "customer_name", in->customer_name },
        { "customer_email_address", in->customer_email_address }, { "customer_purchase_ip", in->customer_purchase_ip },
        { "shipping_address", in->shipping_address }, { "shipping_carrier", in->shipping_carrier }, { "shipping_date", in->shipping_date },
        { "shipping_tracking_number", in->shipping_tracking_number }, { "service_date", in->service_date },
        { "refund_policy_disclosure", in->refund_policy_disclosure }, { "refund_refusal_explanation", in->refund_refusal_explanation },
        { "cancellation_rebuttal", in->cancellation_rebuttal }, { "access_activity_log", in->access_activity_log },
        { "uncategorized_text", in->uncategorized_text },
    };
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    size_t said = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!slice_is_none(fields[i].text)) {
            json_put_text(&out, fields[i].name, fields[i].text);
            said++;
        }
    json_end(&out, '}');
    if (said == 0) {
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/uncategorized_text"), "required", "say something: what is submitted is final");
        return reply_problem(rq);
    }
    const struct row *row = db_one(w, SQL(submit_evidence, .id = in->id, .evidence = json_done(&out), .answered_by = answering_providers(w)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
