/* Matches a line with the one order that it surely is for. What is refused, because things have changed since, waits for somebody. Suspends throughout. */
#include "base/log.h"
#include "billing/bank_match.h"
#include "gen/billing/api.h"
#include "gen/problems.h"

enum job_outcome job_match_bank_line(struct work *w, const struct job *job)
{
    const struct bank_match match = { .line_id = job_text(w, job, "line_id"), .order_id = job_text(w, job, "order_id"), .automatic = true, .by = SLICE("billing") };
    if (bank_match(w, &match))
        return JOB_DONE;
    const struct problem *problem = w->failure.problem;
    if (problem == &PROBLEM_payment_in_progress || problem->status >= 500)
        return JOB_RETRY;
    log_info("a bank's line was not matched by itself", LOG_SLICE("line_id", match.line_id), LOG_TEXT("why", problem->code));
    return JOB_DONE;
}
