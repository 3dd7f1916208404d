/* Job send_wanted_mail: send_mail for what needs a consent, and for nothing that came to be without object: what orders has told by now is applied first (on_cart_ordered).
 * A kind of its own: processes of before it existed run send_mail, too, and know nothing of consents. */
#include "bus/events.h"
#include "gen/notifications/tables.h"

SUSPENDS enum job_outcome job_send_wanted_mail(struct work *w, const struct job *job)
{
    return bus_catch_up(w, "orders", NULL) ? job_send_mail(w, job) : JOB_RETRY;
}
