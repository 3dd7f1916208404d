/* Job expire_credit_review: nobody decided on an order in time. Whoever decides in the same moment has the order's lock before or after; a review that is closed already is
 * left as it is. */
#include "gen/orders/sql.h"
#include "gen/orders/tables.h"
#include "gen/problems.h"
#include "service/service.h"

SUSPENDS enum job_outcome job_expire_credit_review(struct work *w, const struct job *job)
{
    const struct slice id = job_text(w, job, "order_id");
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_order, .order_id = id));
    batch_add(batch, SQL(review_credit, .order_id = id, .decision = SLICE("expire")));
    return batch_run(batch) || w->failure.problem == &PROBLEM_credit_review_closed ? JOB_DONE : JOB_RETRY;
}
