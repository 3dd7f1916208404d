/* Job watch_cart: a cart is told of when it was left, and dropped when it has expired. One statement, which makes the next look. */
#include "gen/orders/sql.h"
#include "gen/orders/tables.h"

SUSPENDS enum job_outcome job_watch_cart(struct work *w, const struct job *job)
{
    return db_run(w, SQL(watch_cart, .id = job_text(w, job, "cart_id"))) ? JOB_DONE : JOB_RETRY;
}
