/* POST /v1/orders: turns a cart into a contract and its schedule. Everything that can refuse comes first; then the catalog holds the
 * stock, by a reference made of the cart and its version, so that a repetition after a crash finds the same hold; then one statement
 * writes the order. Killed between the two, the hold ends by itself. Suspends in the two statements and the call. */
#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "offer.h"
#include "plan_json.h"
#include "service/service.h"
#include "wire/json.h"

#define PAY_WITHIN_US (INT64_C(30) * 60 * 1000000)
/* A payment that begins in time may still be decided later than the order's own end. */
#define HOLD_LONGER_US (INT64_C(2) * 3600 * 1000000)

struct checkout {
    const struct place_order_in *in;
    const struct row *row;         /* of get_checkout */
    const struct offer *offer;
    int64_t total;
    char expires_at[28];
};

struct hold {
    struct slice reservation_id, currency, lines;
    int64_t total;
};

/* The request to the catalog: the cart's products and quantities. */
static struct slice hold_request(struct work *w, const struct checkout *checkout)
{
    char until[28];
    time_format(clock_logical_us() + PAY_WITHIN_US + HOLD_LONGER_US, until);
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "reference", arena_printf(w->arena, "cart:%.*s:%lld", SLICE_FMT(checkout->in->cart_id),
                                                  (long long)row_int(checkout->row, "cart_version")));
    json_put_text(&out, "expires_at", slice_from_text(until));
    json_begin(&out, "lines", '[');
    const cJSON *lines = json_parse(w->arena, row_text(checkout->row, "lines"), NULL, NULL);
    for (const cJSON *line = lines ? lines->child : NULL; line; line = line->next) {
        json_begin(&out, NULL, '{');
        json_put_text(&out, "product_id", json_member_text(line, "product_id"));
        json_put_int(&out, "quantity", json_member_int64(line, "quantity", 0));
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
    hold->lines = json_print(w->arena, json_member(body, "lines"));
    return hold;
}

static bool terms_accepted(struct work *w, const struct place_order_in *in)
{
    return in->terms_accepted ||
           work_fail_field(w, &PROBLEM_terms_not_accepted, SLICE("/terms_accepted"), "terms_not_accepted", "must be true") != NULL;
}

/* Reads the cart, the plan and the terms, and computes the offer; false with what refuses them. */
static SUSPENDS bool prepare(struct work *w, struct checkout *checkout)
{
    const struct place_order_in *in = checkout->in;
    if (!terms_accepted(w, in))
        return false;
    checkout->row = db_one(w, SQL(get_checkout, .cart_id = in->cart_id, .offer_id = in->offer_id, .terms_version = in->terms_version,
                                  .locale = in->locale));
    if (!checkout->row)
        return false;
    checkout->total = row_int(checkout->row, "total");
    checkout->offer = offer_make(w, checkout->row, checkout->total);
    if (!checkout->offer)
        work_fail(w, &PROBLEM_offer_not_available, "the cart's total is outside what this offer is for");
    return checkout->offer != NULL;
}

/* The buyer accepted an offer for a total: at other prices it is another offer. The cart takes the new ones. */
static SUSPENDS bool prices_agree(struct work *w, const struct checkout *checkout, const struct hold *hold)
{
    if (hold->total == checkout->total && slice_equals(hold->currency, row_text(checkout->row, "currency")))
        return true;
    if (db_run(w, SQL(refresh_cart, .lines = hold->lines, .currency = hold->currency, .id = checkout->in->cart_id,
                      .version = row_text(checkout->row, "cart_version"))))
        work_fail(w, &PROBLEM_price_changed, "the cart's total is %lld now; it was %lld", (long long)hold->total, (long long)checkout->total);
    return false;
}

static struct slice terms_json(struct arena *arena, const struct checkout *checkout, struct slice currency)
{
    struct json_writer out = json_to_arena(arena);
    plan_write_terms(&out, NULL, &checkout->offer->terms, currency);
    return json_done(&out);
}

static struct slice installments_json(struct arena *arena, const struct offer *offer)
{
    struct json_writer out = json_to_arena(arena);
    plan_write_rows(&out, NULL, &offer->terms, &offer->schedule, true);
    return json_done(&out);
}

static SUSPENDS const struct row *write_order(struct work *w, const struct checkout *checkout, const struct hold *hold, struct slice id)
{
    const struct offer *offer = checkout->offer;
    return db_one(w, SQL(place_order,
        .order_id = id, .contract_id = uuid_new(w->arena), .cart_id = checkout->in->cart_id,
        .cart_version = row_text(checkout->row, "cart_version"), .reservation_id = hold->reservation_id, .currency = hold->currency,
        .goods_total = work_int(w, checkout->total), .total_payable = work_int(w, offer->total_payable),
        .expires_at = slice_from_text(checkout->expires_at), .plan_id = row_text(checkout->row, "plan_id"),
        .plan_terms = terms_json(w->arena, checkout, hold->currency), .deposit = work_int(w, offer->schedule.deposit),
        .amount_financed = work_int(w, offer->schedule.amount_financed), .apr_nominal = plan_rate_text(offer->schedule.apr_nominal),
        .effective_annual_rate = plan_rate_text(offer->schedule.effective_annual_rate), .terms_version = checkout->in->terms_version,
        .locale = checkout->in->locale, .terms_sha256 = row_text(checkout->row, "terms_sha256"), .client_ip = w->identity.client_ip,
        .lines = hold->lines, .installments = installments_json(w->arena, offer)));
}

SUSPENDS struct reply place_order(struct request *rq, const struct place_order_in *in)
{
    struct work *w = &rq->work;
    struct checkout checkout = { .in = in };
    if (!prepare(w, &checkout))
        return reply_problem(rq);
    const struct hold *hold = hold_stock(w, &checkout);
    if (!hold || !prices_agree(w, &checkout, hold))
        return reply_problem(rq);
    const struct slice id = uuid_new(w->arena);
    time_format(clock_logical_us() + PAY_WITHIN_US, checkout.expires_at);
    const struct row *row = write_order(w, &checkout, hold, id);
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
