/* A version of a quote: products and their prices from the catalog where none were negotiated, the plan with what was negotiated in its place, the offer that makes.
 * Everything that can refuse comes before the one statement that writes it. */
#include "quote.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "cart_product.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "merchant.h"
#include "offer.h"
#include "wire/json.h"
#include "wire/json_write.h"

#define TOTAL_MAX INT64_C(9007199254740991)

static bool is_to_come(struct work *w, struct slice valid_until)
{
    int64_t until;
    return (time_parse(valid_until, &until) && until > clock_logical_us()) ||
           work_fail_field(w, &PROBLEM_validation_failed, SLICE("/valid_until"), "range", "must be to come") != NULL;
}

/* Whom it is for; the lines of the cart it is made from become the ask's, at the prices of now. */
static SUSPENDS bool resolve(struct work *w, struct quote_ask *ask)
{
    if (slice_is_none(ask->cart_id) == (ask->lines_count == 0))
        return work_fail_field(w, &PROBLEM_validation_failed, SLICE("/lines"), "required", "either lines or a cart_id") != NULL;
    if (!slice_is_none(ask->id)) {
        const struct row *quote = db_one(w, SQL(get_quoted_customer, .quote_id = ask->id));
        if (!quote)
            return false;
        ask->customer_id = row_text(quote, "customer_id");
    }
    if (slice_is_none(ask->cart_id))
        return true;
    const struct row *cart = db_maybe(w, SQL(get_quoted_customer, .cart_id = ask->cart_id, .customer_id = ask->customer_id));
    const struct sale sale = cart ? sale_read(w->arena, row_text(cart, "lines")) : (struct sale){ 0 };
    if (!work_failed(w) && sale.count == 0)
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/cart_id"), "not_found", "is no cart of the customer with something in it");
    struct quote_line *lines = ARENA_ARRAY(w->arena, struct quote_line, sale.count + 1);
    for (size_t i = 0; i < sale.count; i++)
        lines[i] = (struct quote_line){ .product_id = sale.lines[i].product_id, .quantity = sale.lines[i].quantity };
    ask->lines = lines;
    ask->lines_count = sale.count;
    return !work_failed(w);
}

static void put_line(struct json_writer *out, const struct quote_line *line, const struct product *product, int64_t price)
{
    json_begin(out, NULL, '{');
    json_put_text(out, "product_id", product->id);
    json_put_text(out, "sku", product->sku);
    json_put_text(out, "name", product->name);
    json_put_text(out, "kind", product->kind);
    json_put_text(out, "category", product->category);
    json_put_int(out, "quantity", line->quantity);
    json_put_int(out, "unit_price", price);
    json_put_int(out, "line_total", price * line->quantity);
    json_end(out, '}');
}

static bool twice(const struct quote_ask *ask, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (slice_equals_nocase(ask->lines[i].product_id, ask->lines[at].product_id))
            return true;
    return false;
}

/* The lines as a cart keeps them; none with the failure recorded. */
static SUSPENDS struct slice lines_json(struct work *w, const struct quote_ask *ask, struct slice *currency)
{
    int64_t total = 0;
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < ask->lines_count && !work_failed(w); i++) {
        const struct quote_line *line = &ask->lines[i];
        const struct slice at = arena_printf(w->arena, "/lines/%zu/product_id", i);
        if (twice(ask, i))
            work_fail_field(w, &PROBLEM_validation_failed, at, "duplicate", "stands there already");
        const struct product *product = work_failed(w) ? NULL : cart_product(w, line->product_id, at);
        if (!product)
            break;
        const int64_t price = line->has_unit_price ? line->unit_price : product->price;
        if (i > 0 && !slice_equals(*currency, product->currency))
            work_fail(w, &PROBLEM_mixed_currencies, "all lines must be in one currency");
        *currency = product->currency;
        if (price > (TOTAL_MAX - total) / line->quantity) {
            work_fail(w, &PROBLEM_cart_total_too_large, "the lines come to too much");
            break;
        }
        total += price * line->quantity;
        put_line(&out, line, product, price);
    }
    json_end(&out, ']');
    return work_failed(w) ? SLICE_NONE : json_done(&out);
}

/* In the words of POST /v1/simulations. */
static struct slice terms_json(struct arena *arena, const struct quote_terms *terms)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    if (terms && !slice_is_none(terms->annual_rate))
        json_put_text(&out, "annual_rate", terms->annual_rate);
    if (terms && terms->has_installments)
        json_put_int(&out, "installments", terms->installments);
    if (terms && !slice_is_none(terms->first_due_date))
        json_put_text(&out, "first_due_date", terms->first_due_date);
    if (terms && terms->deposit) {
        json_begin(&out, "deposit", '{');
        json_put_text(&out, "type", terms->deposit->type);
        if (!slice_is_none(terms->deposit->value))
            json_put_text(&out, "value", terms->deposit->value);
        if (terms->deposit->has_amount)
            json_put_int(&out, "amount", terms->deposit->amount);
        json_end(&out, '}');
    }
    json_end(&out, '}');
    return json_done(&out);
}

/* The plan's row with the terms in their place; NULL with what refuses them. */
static SUSPENDS const struct rows *offered(struct work *w, const struct quote_ask *ask, struct slice lines, struct slice currency, const struct sale *sale)
{
    const struct rows *rows = db_all(w, SQL(get_quoted_offer, .terms = terms_json(w->arena, ask->terms), .lines = lines, .currency = currency,
                                            .channel = ask->channel, .customer_id = ask->customer_id, .offer_id = ask->offer_id, .country = merchant_country()));
    enum offer_verdict verdict;
    if (rows && !offer_make(w, rows_at(rows, 0), sale, &verdict))
        offer_refuse(w, verdict, rows_at(rows, 0));
    return work_failed(w) ? NULL : rows;
}

SUSPENDS struct reply quote_write(struct request *rq, struct quote_ask *ask)
{
    struct work *w = &rq->work;
    struct slice currency = SLICE_NONE;
    if (!is_to_come(w, ask->valid_until) || !resolve(w, ask))
        return reply_problem(rq);
    const struct slice lines = lines_json(w, ask, &currency);
    if (slice_is_none(lines))
        return reply_problem(rq);
    const struct sale sale = sale_read(w->arena, lines);
    const struct rows *rows = offered(w, ask, lines, currency, &sale);
    if (!rows)
        return reply_problem(rq);
    const struct row *plan = rows_at(rows, 0);
    const bool again = !slice_is_none(ask->id);
    const struct row *row = db_one(w, SQL(create_quote, .id = again ? ask->id : uuid_new(w->arena), .again = again ? SLICE("true") : SLICE("false"),
        .customer_id = ask->customer_id, .currency = currency, .lines = lines, .offer_id = ask->offer_id, .plan_id = row_text(plan, "plan_id"),
        .plan_version = row_text(plan, "plan_version"), .request = row_text(plan, "request"), .deposit_rules = row_text(plan, "deposit_rules"),
        .release = row_text(plan, "release"), .offers = offer_list_json(w, rows, &sale, currency), .note = ask->note, .valid_until = ask->valid_until,
        .by = w->identity.subject));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
