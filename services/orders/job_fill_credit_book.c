/* Job fill_credit_book: contracts that the program of before made come into their customers' books, a batch at a time; the statement makes the job of the next one. */
#include "gen/orders/sql.h"
#include "gen/orders/tables.h"
#include "service/service.h"

SUSPENDS enum job_outcome job_fill_credit_book(struct work *w, const struct job *job)
{
    return db_run(w, SQL(fill_credit_book, .after = job_text(w, job, "after"), .counted = job_text(w, job, "counted"))) ? JOB_DONE : JOB_RETRY;
}
