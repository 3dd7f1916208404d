/* Job send_staff_mail: send_mail for the shop's own people. A kind of its own: processes of before it existed run send_mail, too, and know nothing of keys. */
#include "gen/notifications/tables.h"

SUSPENDS enum job_outcome job_send_staff_mail(struct work *w, const struct job *job)
{
    return job_send_mail(w, job);
}
