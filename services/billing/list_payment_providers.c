/* GET /v1/payment-providers: with whom a card is collected. Suspends in one statement. */
#include "billing/provider.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "wire/json_write.h"

static struct slice set_up_json(struct work *w)
{
    struct json_writer out = json_to_arena(w->arena);
    const struct provider *provider;
    json_begin(&out, NULL, '[');
    for (size_t i = 0; (provider = provider_at(i)); i++) {
        json_begin(&out, NULL, '{');
        json_put_text(&out, "provider", slice_from_text(provider->name));
        json_put_text(&out, "currency", provider->currency ? provider->currency() : SLICE_NONE);
        json_end(&out, '}');
    }
    json_end(&out, ']');
    return json_done(&out);
}

SUSPENDS struct reply list_payment_providers(struct request *rq, const struct list_payment_providers_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(list_payment_providers, .currency = in->currency, .amount = in->has_amount ? work_int(w, in->amount) : SLICE_NONE,
                                          .set_up = set_up_json(w)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
