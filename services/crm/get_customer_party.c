/* GET /internal/customers/{id}/party: who a contract is with. One statement. */
#include "gen/crm/api.h"
#include "gen/crm/sql.h"

SUSPENDS struct reply get_customer_party(struct request *rq, const struct get_customer_party_in *in)
{
    const struct row *row = db_one(&rq->work, SQL(get_customer_party, .id = in->id));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
