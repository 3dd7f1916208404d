/* POST /v1/webhook-events/{id}/replay: a kept event is verified anew, as it was signed, and acted on once more by its job; what it says is no news has no effect. One
 * that was asked for after a restore (job_recover_payments.c) came over our own connection and has no signature. Suspends in two statements. */
#include "base/uuid.h"
#include "billing/provider.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

struct reply replay_webhook_event(struct request *rq, const struct replay_webhook_event_in *in)
{
    struct work *w = &rq->work;
    const struct row *kept = db_one(w, SQL(read_webhook, .id = in->id));
    if (!kept)
        return reply_problem(rq);
    const struct provider *provider = provider_find(row_text(kept, "provider"));
    bool asked_for = slice_equals_text(row_text(kept, "signature"), "asked for");
    if (!provider || (!asked_for && !provider->webhook_authentic(row_text(kept, "signature"), row_text(kept, "payload")))) {
        work_fail(w, &PROBLEM_webhook_signature_invalid, "it is not what the provider has signed");
        return reply_problem(rq);
    }
    const struct row *row = db_one(w, SQL(replay_webhook_event, .id = in->id, .replay = uuid_new(w->arena)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
