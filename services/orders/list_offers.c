/* GET /v1/products/{id}/offers: the product from the catalog, the plans from the database, a schedule each from the engine. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "offer.h"
#include "plan_json.h"
#include "product.h"

#include "base/date.h"

static void write_offer(struct json_writer *out, const struct row *row, const struct offer *offer, struct slice currency)
{
    char first_due[11];
    date_format(offer->schedule.rows[0].due_date, first_due);
    json_begin(out, NULL, '{');
    json_put_text(out, "id", row_text(row, "plan_id"));
    json_put_text(out, "name", row_text(row, "name"));
    json_put_text(out, "method", row_text(row, "method"));
    json_put_text(out, "currency", currency);
    plan_write_frequency(out, "frequency", &offer->terms.frequency);
    json_put_text(out, "annual_rate", row_text(row, "annual_rate"));
    json_put_int(out, "deposit", offer->schedule.deposit);
    json_put_int(out, "amount_financed", offer->schedule.amount_financed);
    json_put_int(out, "installments", offer->terms.installments);
    json_put_int(out, "installment_amount", offer_installment_amount(offer));
    json_put_int(out, "total_payable", offer->total_payable);
    json_put_text(out, "apr_nominal", plan_rate_text(offer->schedule.apr_nominal));
    json_put_text(out, "effective_annual_rate", plan_rate_text(offer->schedule.effective_annual_rate));
    json_put_text(out, "first_due_date", slice_from_text(first_due));
    json_put_text(out, "terms_version", row_text(row, "terms_version"));
    json_end(out, '}');
}

SUSPENDS struct reply list_offers(struct request *rq, const struct list_offers_in *in)
{
    struct work *w = &rq->work;
    const struct product *product = product_fetch(w, in->id);
    const struct rows *plans = product ? db_all(w, SQL(list_plans, .locale = in->locale, .currency = product->currency)) : NULL;
    if (!plans)
        return reply_problem(rq);
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_begin(&out, "data", '[');
    for (size_t i = 0; product->for_sale && i < rows_count(plans); i++) {
        const struct row *row = rows_at(plans, i);
        const struct offer *offer = offer_make(w, row, product->price);
        if (offer)
            write_offer(&out, row, offer, product->currency);
    }
    json_end(&out, ']');
    json_put_null(&out, "next_cursor");
    json_end(&out, '}');
    return reply_ok(rq, json_done(&out));
}
