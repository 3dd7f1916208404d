/* GET /v1/unsubscribe/{token}: shows and changes nothing, for mail programs open links by themselves; people get a page with a button. One statement. */
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "subscription.h"

SUSPENDS struct reply get_subscription(struct request *rq, const struct get_subscription_in *in)
{
    struct work *w = &rq->work;
    struct subscription of;
    const struct row *row = subscription_open(w, in->token, &of) ? db_one(w, SQL(get_consent, .id = of.customer_id, .purpose = of.purpose)) : NULL;
    return row ? subscription_reply(rq, &of, row_bool(row, "granted")) : reply_problem(rq);
}
