/* POST /v1/quotes/{id}/contract-preview: the contract a quote would be if it were accepted today, to be read before. Nothing is stored: accepting makes it again and
 * compares. Suspends in two statements and a call. */
#include "contract_offer.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "merchant.h"

static struct slice answer(struct request *rq, const struct preview_quote_contract_in *in, const struct contract_offer *of, struct slice text)
{
    struct json_writer out = json_to_arena(rq->work.arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "quote_id", of->cart_id);
    json_put_int(&out, "version", in->version);
    contract_offer_put(&out, rq->work.arena, of, text);
    json_end(&out, '}');
    return json_done(&out);
}

SUSPENDS struct reply preview_quote_contract(struct request *rq, const struct preview_quote_contract_in *in)
{
    struct work *w = &rq->work;
    struct contract_offer of = { .spanish = slice_equals_text(in->locale, "es") };
    of.terms = db_one(w, SQL(get_contract_terms, .locale = in->locale));
    const struct row *checkout = !of.terms ? NULL : db_one(w, SQL(get_quote_checkout, .id = in->id, .version = work_int(w, in->version),
                                                                  .terms_version = row_text(of.terms, "version"), .locale = in->locale,
                                                                  .country = merchant_country()));
    const struct slice text = checkout ? contract_offer_preview(w, checkout, &of) : SLICE_NONE;
    return slice_is_none(text) ? reply_problem(rq) : reply_ok(rq, answer(rq, in, &of, text));
}
