/* Job expire_order: gives up an order nobody paid in time. Billing decides first, since it knows of payments under way: once it has closed the
 * order no payment of it can succeed, and closing again says so again, so a crash between its answer and our statement is
 * harmless. Not closed: a payment is under way or has succeeded; a new job looks later. */
#include "gen/orders/sql.h"
#include "gen/orders/tables.h"
#include "service/service.h"
#include "wire/json.h"

SUSPENDS enum job_outcome job_expire_order(struct work *w, const struct job *job)
{
    const struct slice id = job_text(w, job, "order_id");
    if (!db_maybe(w, SQL(get_unpaid_order, .id = id)))
        return work_failed(w) ? JOB_RETRY : JOB_DONE;
    const struct slice target = arena_printf(w->arena, "/internal/orders/%.*s/close", SLICE_FMT(id));
    const struct slice *answer = service_call(w, "billing", "POST", target, SLICE_NONE);
    if (!answer)
        return JOB_RETRY;
    const cJSON *closed = json_member(json_parse(w->arena, *answer, NULL, NULL), "closed");
    const bool done = cJSON_IsTrue(closed) ? db_run(w, SQL(expire_order, .id = id)) : db_run(w, SQL(extend_order, .id = id));
    return done ? JOB_DONE : JOB_RETRY;
}
