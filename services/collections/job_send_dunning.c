/* Job send_dunning: takes one step of a case's treatment. The payment link is made here because its key is the process's; the
 * step and the event that has the message sent are one statement, so a repetition sends nothing twice. */
#include "base/clock.h"
#include "collections.h"
#include "gen/collections/sql.h"
#include "gen/collections/tables.h"
#include "service/identity.h"
#include "wire/json_write.h"

#define LINK_LIFE_S (60 * 86400)

/* Lives 60 days of business time; billing judges it by the same clock. */
static struct slice payment_url(struct work *w, struct slice order_id, struct slice customer_id)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "order_id", order_id);
    json_put_text(&out, "customer_id", customer_id);
    json_put_int(&out, "exp", clock_logical_us() / 1000000 + LINK_LIFE_S);
    json_end(&out, '}');
    struct slice token = link_token_make(w->arena, "payment-link", json_done(&out));
    return arena_printf(w->arena, "%s/v1/payment-links/%.*s", collections_link_base(), SLICE_FMT(token));
}

SUSPENDS enum job_outcome job_send_dunning(struct work *w, const struct job *job)
{
    struct slice id = job_text(w, job, "case_id"), step = job_text(w, job, "step");
    const struct row *found = db_maybe(w, SQL(dunning_case, .id = id, .step = step));
    if (!found)
        return work_failed(w) ? JOB_RETRY : JOB_DONE;   /* cured meanwhile, or taken already */
    struct slice url = payment_url(w, row_text(found, "order_id"), row_text(found, "customer_id"));
    return db_run(w, SQL(take_dunning_step, .id = id, .step = step, .payment_url = url)) ? JOB_DONE : JOB_RETRY;
}
