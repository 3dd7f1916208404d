/* POST /v1/unsubscribe/{token}: what mail programs send for one click (RFC 8058); what the body says does not matter. One statement. */
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "subscription.h"
#include "wire/json_write.h"

static struct slice taken_back(struct work *w, const struct subscription *of)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_bool(&out, arena_copy(w->arena, of->purpose).data, false);
    json_end(&out, '}');
    return json_done(&out);
}

SUSPENDS struct reply unsubscribe(struct request *rq, const struct unsubscribe_in *in)
{
    struct work *w = &rq->work;
    struct subscription of;
    const struct row *row = subscription_open(w, in->token, &of) ? db_one(w, SQL(change_consents, .id = of.customer_id, .changes = taken_back(w, &of))) : NULL;
    return row ? subscription_reply(rq, &of, false) : reply_problem(rq);
}
