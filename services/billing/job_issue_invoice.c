/* The invoice of a sale whose deposit has one of its own, once the goods have left or nothing is owed any more: in a unit of its own, for whoever numbers one holds up all the others.
 * Suspends. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

enum job_outcome job_issue_invoice(struct work *w, const struct job *job)
{
    return db_run(w, SQL(issue_after_deposit, .order_id = job_text(w, job, "order_id"))) ? JOB_DONE : JOB_RETRY;
}
