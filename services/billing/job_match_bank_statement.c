/* Looks whose the lines of a new statement may be. Those that name a direct debit get jobs of their own. For the other credits, reading every receivable that is due about then takes the slow
 * pool; what was found is kept by another unit. Again it changes nothing that somebody decided. Suspends throughout. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

enum job_outcome job_match_bank_statement(struct work *w, const struct job *job)
{
    const struct slice statement_id = job_text(w, job, "statement_id");
    if (!db_run(w, SQL(keep_direct_debit_lines, .statement_id = statement_id)))
        return JOB_RETRY;
    const struct row *row = db_one(w, SQL(propose_bank_lines, .statement_id = statement_id));
    return row && db_run(w, SQL(keep_bank_proposals, .proposals = row_text(row, "proposals"))) ? JOB_DONE : JOB_RETRY;
}
