/* POST /v1/direct-debits/{id}/return: somebody read that the bank has returned it. Again it answers the same. Suspends as debit_take_back does. */
#include "billing/debit.h"
#include "gen/billing/api.h"
#include "gen/problems.h"

static bool code_check(struct work *w, struct slice code)
{
    for (size_t i = 0; i < code.size; i++)
        if (!(code.data[i] >= 'A' && code.data[i] <= 'Z') && !(code.data[i] >= '0' && code.data[i] <= '9')) {
            work_fail_field(w, &PROBLEM_validation_failed, SLICE("/reason_code"), "format", "is no reason code of ISO 20022");
            return false;
        }
    return true;
}

SUSPENDS struct reply return_direct_debit(struct request *rq, const struct return_direct_debit_in *in)
{
    struct work *w = &rq->work;
    const struct debit_return back = { .debit_id = in->id, .code = in->reason_code, .by = w->identity.subject };
    const struct row *row = code_check(w, in->reason_code) ? debit_take_back(w, &back) : NULL;
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
