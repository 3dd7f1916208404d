/* A bank's line says that a direct debit was returned. What somebody decided about just then waits for somebody. Suspends as debit_take_back does. */
#include "base/log.h"
#include "billing/debit.h"
#include "gen/billing/api.h"
#include "gen/problems.h"

enum job_outcome job_return_direct_debit(struct work *w, const struct job *job)
{
    const struct debit_return back = { .debit_id = job_text(w, job, "direct_debit_id"), .line_id = job_text(w, job, "line_id"), .code = job_text(w, job, "return_code"),
                                       .by = job_text(w, job, "by") };
    if (debit_take_back(w, &back))
        return JOB_DONE;
    const struct problem *problem = w->failure.problem;
    if (problem->status >= 500)
        return JOB_RETRY;
    log_info("a returned direct debit was not undone by itself", LOG_SLICE("direct_debit_id", back.debit_id), LOG_TEXT("why", problem->code));
    return JOB_DONE;
}
