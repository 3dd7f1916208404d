/* A direct debit that the bank has credited becomes a payment. Suspends as debit_collect does. */
#include "billing/debit.h"
#include "gen/billing/api.h"

enum job_outcome job_collect_direct_debit(struct work *w, const struct job *job)
{
    const struct debit_credit credit = { .debit_id = job_text(w, job, "direct_debit_id"), .line_id = job_text(w, job, "line_id"), .received_on = job_text(w, job, "received_on"),
                                         .by = job_text(w, job, "by") };
    return debit_collect(w, &credit);
}
