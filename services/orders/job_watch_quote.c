/* Job watch_quote: the customer of an approved quote is told before it expires, and when it has. One statement, which makes the next look. */
#include "gen/orders/sql.h"
#include "gen/orders/tables.h"

SUSPENDS enum job_outcome job_watch_quote(struct work *w, const struct job *job)
{
    return db_run(w, SQL(watch_quote, .id = job_text(w, job, "quote_id"), .version = work_int(w, job_int(w, job, "version")))) ? JOB_DONE : JOB_RETRY;
}
