/* Has the provider asked about the charges of some seconds whose events have not come. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

enum job_outcome job_ask_undecided(struct work *w, const struct job *job)
{
    return db_run(w, SQL(ask_undecided, .noted_before = job_text(w, job, "noted_before"))) ? JOB_DONE : JOB_RETRY;
}
