/* See contract_offer.h. Suspends in looking the buyer up. */
#include "contract_offer.h"

#include "contract_parties.h"
#include "gen/problems.h"
#include "plan_json.h"
#include "wire/sha256.h"

struct slice contract_offer_text(struct work *w, const struct contract_offer *of)
{
    const struct plan_schedule *schedule = &of->offer->schedule;
    struct contract_facts facts = {
        .spanish = of->spanish, .schedule_version = 1, .reference = of->cart_id, .currency = of->currency, .goods_total = of->total,
        .deposit = schedule->deposit, .amount_financed = schedule->amount_financed, .total_payable = of->offer->total_payable,
        .apr_nominal = plan_rate_text(schedule->apr_nominal), .effective_annual_rate = plan_rate_text(schedule->effective_annual_rate),
        .plan = offer_terms_json(w->arena, of->offer, of->currency), .lines = of->lines,
        .installments = offer_rows_json(w->arena, of->offer), .terms_version = row_text(of->terms, "version"),
        .terms_sha256 = row_text(of->terms, "sha256"), .terms_body = row_text(of->terms, "body"),
        .release = row_text(of->checkout, "release"), .legal_rate = row_text(of->checkout, "legal_rate"),
        .legal_is_nominal = slice_equals_text(row_text(of->checkout, "legal_basis"), "nominal"),
    };
    if (!contract_parties(w, w->identity.subject, &facts))
        return SLICE_NONE;
    const struct slice text = contract_text(w->arena, &facts);
    if (slice_is_none(text))
        work_fail(w, &PROBLEM_internal, "a contract's facts are no JSON");
    return text;
}

struct slice contract_offer_preview(struct work *w, const struct row *checkout, struct contract_offer *of)
{
    enum offer_verdict verdict;
    const struct sale sale = sale_read(w->arena, row_text(checkout, "lines"));
    of->checkout = checkout;
    of->cart_id = row_text(checkout, "cart_id");
    of->currency = row_text(checkout, "currency");
    of->lines = row_text(checkout, "lines");
    of->total = sale.total;
    of->offer = offer_make(w, checkout, &sale, &verdict);
    if (of->offer)
        return contract_offer_text(w, of);
    offer_refuse(w, verdict, checkout);
    return SLICE_NONE;
}

void contract_offer_put(struct json_writer *out, struct arena *arena, const struct contract_offer *of, struct slice text)
{
    json_put_text(out, "locale", of->spanish ? SLICE("es") : SLICE("en"));
    json_put_text(out, "terms_version", row_text(of->terms, "version"));
    json_put_text(out, "body", text);
    json_put_text(out, "sha256", sha256_hex(arena, text));
}
