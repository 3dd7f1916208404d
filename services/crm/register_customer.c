/* POST /v1/customers: public registration. The hash is made first, then one statement does the rest. */
#include "base/uuid.h"
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "password.h"

SUSPENDS struct reply register_customer(struct request *rq, const struct register_customer_in *in)
{
    struct work *w = &rq->work;
    struct slice hash = password_hash(w, in->password);
    if (slice_is_none(hash))
        return reply_problem(rq);
    struct slice id = uuid_new(w->arena);
    const struct row *row = db_one(
        w, SQL(register_customer, .id = id, .email = in->email, .password_hash = hash, .full_name = in->full_name,
               .phone = in->phone, .locale = slice_is_none(in->locale) ? SLICE("es") : in->locale, .tax_id = in->tax_id,
               .consents = slice_is_none(in->consents) ? SLICE("{}") : in->consents));
    if (!row)
        return reply_problem(rq);
    return reply_created(rq, row_text(row, "body"));
}
