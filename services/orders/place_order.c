/* POST /v1/orders: turns a cart into a contract and its schedule. Everything that can refuse comes first; then the catalog holds the
 * stock, by a reference made of the cart and its version, so that a repetition after a crash finds the same hold; then one statement
 * writes the order. Killed between the two, the hold ends by itself. Suspends in the two statements and the call, and in two more where the
 * buyer pinned the contract's text. */
#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "contract_offer.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "merchant.h"
#include "place_order.h"
#include "plan_json.h"
#include "service/service.h"
#include "wire/json.h"
#include "wire/sha256.h"

#define PAY_WITHIN_US (INT64_C(30) * 60 * 1000000)
/* A payment that begins in time may still be decided later than the order's own end. */
#define HOLD_LONGER_US (INT64_C(2) * 3600 * 1000000)

struct hold {
    struct slice reservation_id, currency, lines;
    int64_t total;
};

/* The request to the catalog: the cart's products and quantities. */
static struct slice hold_request(struct work *w, const struct checkout *checkout)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "reference", arena_printf(w->arena, "cart:%.*s:%lld", SLICE_FMT(checkout->in->cart_id),
                                                  (long long)row_int(checkout->row, "cart_version")));
    json_put_text(&out, "expires_at", work_time(w, clock_logical_us() + PAY_WITHIN_US + HOLD_LONGER_US + credit_hold_us(&checkout->credit)));
    const struct slice code = row_text(checkout->row, "promotion_code");
    if (!slice_is_none(code)) {
        json_put_text(&out, "promotion_code", code);
        json_put_text(&out, "customer_id", row_text(checkout->row, "customer_id"));
    }
    json_begin(&out, "lines", '[');
    const cJSON *lines = json_parse(w->arena, row_text(checkout->row, "lines"), NULL, NULL);
    for (const cJSON *line = lines ? lines->child : NULL; line; line = line->next) {
        json_begin(&out, NULL, '{');
        json_put_text(&out, "product_id", json_member_text(line, "product_id"));
        json_put_int(&out, "quantity", json_member_int64(line, "quantity", 0));
        if (checkout->quoted)
            json_put_int(&out, "unit_price", json_member_int64(line, "unit_price", 0));
        json_end(&out, '}');
    }
    json_end(&out, ']');
    json_end(&out, '}');
    return json_done(&out);
}

static SUSPENDS const struct hold *hold_stock(struct work *w, const struct checkout *checkout)
{
    const struct slice *answer = service_call(w, "catalog", "POST", SLICE("/internal/reservations"), hold_request(w, checkout));
    if (!answer)
        return NULL;
    const cJSON *body = json_parse(w->arena, *answer, NULL, NULL);
    struct hold *hold = ARENA_NEW(w->arena, struct hold);
    *hold = (struct hold){ .reservation_id = json_member_text(body, "reservation_id"), .currency = json_member_text(body, "currency"),
                           .total = json_member_int64(body, "total", -1) };
    if (slice_is_none(hold->reservation_id) || slice_is_none(hold->currency) || hold->total < 0)
        return work_fail(w, &PROBLEM_unavailable, "the catalog gave no usable answer");
    /* A quote's lines are what was agreed, the products' names included. */
    hold->lines = checkout->quoted ? row_text(checkout->row, "lines") : json_print(w->arena, json_member(body, "lines"));
    return hold;
}

bool checkout_terms_accepted(struct work *w, const struct place_order_in *in)
{
    return in->terms_accepted ||
           work_fail_field(w, &PROBLEM_terms_not_accepted, SLICE("/terms_accepted"), "terms_not_accepted", "must be true") != NULL;
}

/* Reads the cart, the plan and the terms; false with what refuses them. */
static SUSPENDS bool prepare(struct work *w, struct checkout *checkout)
{
    const struct place_order_in *in = checkout->in;
    if (!checkout_terms_accepted(w, in))
        return false;
    checkout->row = db_one(w, SQL(get_checkout, .cart_id = in->cart_id, .offer_id = in->offer_id, .terms_version = in->terms_version,
                                  .locale = in->locale, .country = merchant_country()));
    return checkout->row != NULL;
}

/* The offer, and whether the buyer's credit reaches for it. */
static SUSPENDS bool compute(struct work *w, struct checkout *checkout)
{
    enum offer_verdict verdict;
    const struct sale sale = sale_read(w->arena, row_text(checkout->row, "lines"));
    checkout->total = sale.total;
    checkout->offer = offer_make(w, checkout->row, &sale, &verdict);
    if (!checkout->offer) {
        offer_refuse(w, verdict, checkout->row);
        return false;
    }
    checkout->credit = (struct credit){ .row = checkout->row, .cart_id = checkout->in->cart_id, .amount = offer_on_credit(checkout->offer) };
    return credit_allows(w, &checkout->credit);
}

/* Other prices with the same total are the same offer, unless lines have deposits of their own. */
static bool offer_agrees(struct work *w, const struct checkout *checkout, const struct hold *hold)
{
    if (hold->total != checkout->total || !slice_equals(hold->currency, row_text(checkout->row, "currency")))
        return false;
    if (slice_equals_text(row_text(checkout->row, "deposit_rules"), "[]"))
        return true;
    enum offer_verdict verdict;
    const struct sale held = sale_read(w->arena, hold->lines);
    const struct offer *offer = offer_make(w, checkout->row, &held, &verdict);
    return offer && offer->schedule.deposit == checkout->offer->schedule.deposit;
}

/* The cart takes what the catalog says, so that the buyer sees it; what a quote says was agreed. */
static SUSPENDS bool refresh(struct work *w, const struct checkout *checkout, const struct hold *hold)
{
    return checkout->quoted || db_run(w, SQL(refresh_cart, .lines = hold->lines, .currency = hold->currency, .id = checkout->in->cart_id,
                                             .version = row_text(checkout->row, "cart_version")));
}

/* The buyer accepted an offer for a total: at other prices it is another offer. */
static SUSPENDS bool prices_agree(struct work *w, const struct checkout *checkout, const struct hold *hold)
{
    if (offer_agrees(w, checkout, hold))
        return true;
    if (refresh(w, checkout, hold))
        work_fail(w, &PROBLEM_price_changed, "the cart's total is %lld now; it was %lld", (long long)hold->total, (long long)checkout->total);
    return false;
}

/* The buyer may pin the whole contract by the digest of what was shown; then it must be what the order would be now. If it is not, for a product
 * has another name perhaps, the cart takes what the catalog says, and the next preview shows it. */
static SUSPENDS bool contract_agrees(struct work *w, struct checkout *checkout, const struct hold *hold)
{
    const struct place_order_in *in = checkout->in;
    if (slice_is_none(in->contract_sha256))
        return true;
    struct contract_offer of = { .cart_id = row_text(checkout->row, "cart_id"), .currency = hold->currency, .lines = hold->lines, .total = checkout->total,
                                 .offer = checkout->offer, .checkout = checkout->row, .spanish = slice_equals_text(in->locale, "es") };
    of.terms = db_one(w, SQL(get_contract_terms, .version = in->terms_version, .locale = in->locale));
    checkout->contract_text = of.terms ? contract_offer_text(w, &of) : SLICE_NONE;
    if (slice_is_none(checkout->contract_text))
        return false;
    if (slice_equals(sha256_hex(w->arena, checkout->contract_text), in->contract_sha256))
        return true;
    if (refresh(w, checkout, hold))
        work_fail(w, &PROBLEM_contract_changed, "read the contract again");
    return false;
}

static SUSPENDS const struct row *write_order(struct work *w, const struct checkout *checkout, const struct hold *hold, struct slice id)
{
    const struct offer *offer = checkout->offer;
    return db_one(w, SQL(place_order,
        .order_id = id, .contract_id = uuid_new(w->arena), .cart_id = checkout->in->cart_id,
        .cart_version = row_text(checkout->row, "cart_version"), .reservation_id = hold->reservation_id, .currency = hold->currency,
        .goods_total = work_int(w, checkout->total), .total_payable = work_int(w, offer->total_payable),
        .expires_at = work_time(w, clock_logical_us() + PAY_WITHIN_US), .plan_id = row_text(checkout->row, "plan_id"),
        .plan_version = row_text(checkout->row, "plan_version"), .offer_id = checkout->in->offer_id, .release = row_text(checkout->row, "release"),
        .plan_terms = offer_terms_json(w->arena, offer, hold->currency), .deposit = work_int(w, offer->schedule.deposit),
        .amount_financed = work_int(w, offer->schedule.amount_financed), .apr_nominal = plan_rate_text(offer->schedule.apr_nominal),
        .effective_annual_rate = plan_rate_text(offer->schedule.effective_annual_rate), .terms_version = checkout->in->terms_version,
        .locale = checkout->in->locale, .terms_sha256 = row_text(checkout->row, "terms_sha256"), .client_ip = w->identity.client_ip,
        .lines = hold->lines, .installments = offer_rows_json(w->arena, offer),
        .contract_text = checkout->contract_text, .contract_sha256 = checkout->in->contract_sha256,
        .on_credit = work_int(w, checkout->credit.amount), .credit_policy = row_text(checkout->row, "credit_policy")));
}

SUSPENDS struct reply checkout_place(struct request *rq, struct checkout *checkout)
{
    struct work *w = &rq->work;
    const struct hold *hold = compute(w, checkout) ? hold_stock(w, checkout) : NULL;
    if (!hold || !prices_agree(w, checkout, hold) || !contract_agrees(w, checkout, hold))
        return reply_problem(rq);
    const struct slice id = uuid_new(w->arena);
    const struct row *row = write_order(w, checkout, hold, id);
    checkout->unwritten = !row;
    if (!row && w->failure.problem == &PROBLEM_credit_declined)
        credit_refuse(w, &checkout->credit);
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}

SUSPENDS struct reply place_order(struct request *rq, const struct place_order_in *in)
{
    struct checkout checkout = { .in = in };
    return prepare(&rq->work, &checkout) ? checkout_place(rq, &checkout) : reply_problem(rq);
}
