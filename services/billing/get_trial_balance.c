/* GET /v1/ledger/trial-balance: what each account holds at the end of a business day, as it was known at an instant. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply get_trial_balance(struct request *rq, const struct get_trial_balance_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_trial_balance, .as_of = in->as_of, .known_at = in->known_at, .currency = in->currency));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
