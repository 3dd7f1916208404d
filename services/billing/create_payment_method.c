/* POST /v1/payment-methods: keeps a provider's token for automatic payments. The provider is called by a job. Suspends in one
 * statement. */
#include "base/uuid.h"
#include "billing/evidence.h"
#include "billing/provider.h"
#include "billing/token.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "wire/sha256.h"

struct reply create_payment_method(struct request *rq, const struct create_payment_method_in *in)
{
    struct work *w = &rq->work;
    if (!provider_check(w, in->provider, "/provider") || !token_check(w, in->token, "/token"))
        return reply_problem(rq);
    const struct slice text = in->mandate ? in->mandate->text : SLICE_NONE;
    const struct row *row = db_one(w, SQL(create_payment_method, .id = uuid_new(w->arena), .customer_id = work_owner(w),
                                          .provider = in->provider, .token = in->token, .mandate_id = uuid_new(w->arena), .mandate_text = text,
                                          .mandate_sha256 = in->mandate ? sha256_hex(w->arena, text) : SLICE_NONE,
                                          .channel = in->mandate ? in->mandate->channel : SLICE_NONE, .ip = w->identity.client_ip, .user_agent = evidence_user_agent(rq)));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
