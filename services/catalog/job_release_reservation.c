/* Job release_reservation: a hold that reached its time without an order gives its stock back. One statement, which does
 * nothing when the hold has been committed or released meanwhile. */
#include "gen/catalog/sql.h"
#include "gen/catalog/tables.h"

SUSPENDS enum job_outcome job_release_reservation(struct work *w, const struct job *job)
{
    struct slice id = job_text(w, job, "reservation_id");
    return db_run(w, SQL(release_reservation, .id = id)) ? JOB_DONE : JOB_RETRY;
}
