/* GET /v1/ledger/accounts: the chart. Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

struct reply list_ledger_accounts(struct request *rq, const struct list_ledger_accounts_in *in)
{
    (void)in;
    const struct row *row = db_one(&rq->work, SQL(list_ledger_accounts));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
