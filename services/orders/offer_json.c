/* Offers in the words of the contract. Nothing suspends. */
#include "offer.h"

#include "base/date.h"
#include "plan_json.h"

static void put_deposit_line(struct json_writer *out, const struct sale_line *line, const struct deposit_line *deposit)
{
    static const char *const sources[] = { [DEPOSIT_OF_PLAN] = "plan", [DEPOSIT_OF_CATEGORY] = "category", [DEPOSIT_OF_PRODUCT] = "product" };
    static const char *const types[] = { [PLAN_DEPOSIT_NONE] = "none", [PLAN_DEPOSIT_FIXED] = "fixed", [PLAN_DEPOSIT_PERCENT] = "percent" };
    json_begin(out, NULL, '{');
    json_put_text(out, "product_id", line->product_id);
    json_put_int(out, "line_total", line->total);
    json_put_text(out, "rule", slice_from_text(sources[deposit->source]));
    json_put_text(out, "type", slice_from_text(types[deposit->rule.type]));
    if (deposit->rule.type == PLAN_DEPOSIT_PERCENT)
        plan_write_decimal(out, "value", deposit->rule.share);
    else
        json_put_null(out, "value");
    if (deposit->rule.type == PLAN_DEPOSIT_FIXED)
        json_put_int(out, "amount", deposit->rule.amount);
    else
        json_put_null(out, "amount");
    json_put_int(out, "deposit", deposit->deposit);
    json_end(out, '}');
}

static void put_deposit_lines(struct json_writer *out, const struct offer *offer)
{
    json_begin(out, "deposit_lines", '[');
    for (size_t i = 0; i < offer->sale.count && offer->schedule.deposit; i++)
        put_deposit_line(out, &offer->sale.lines[i], &offer->deposits[i]);
    json_end(out, ']');
}

/* Of each installment but the one that takes the residual, after those a grace lightens. */
static int64_t installment_amount(const struct offer *offer)
{
    const size_t repays = (size_t)offer->terms.grace.principal;
    const bool next = offer->terms.rounding.residual == PLAN_RESIDUAL_FIRST && repays + 1 < offer->schedule.row_count;
    return offer->schedule.rows[repays + next].total;
}

static void put_first_due_date(struct json_writer *out, const struct plan_schedule *schedule)
{
    size_t first = 0;
    while (schedule->rows[first].total == 0)   /* the last one pays */
        first++;
    plan_write_date(out, "first_due_date", schedule->rows[first].due_date);
}

static void put_offer(struct json_writer *out, const struct row *row, const struct offer *offer, struct slice currency)
{
    json_begin(out, NULL, '{');
    json_put_text(out, "id", row_text(row, "offer_id"));
    json_put_text(out, "plan_id", row_text(row, "plan_id"));
    json_put_int(out, "plan_version", row_int(row, "plan_version"));
    json_put_text(out, "name", row_text(row, "name"));
    json_put_text(out, "method", plan_method_name(offer->terms.method));
    json_put_text(out, "currency", currency);
    plan_write_frequency(out, "frequency", &offer->terms.frequency);
    plan_write_decimal(out, "annual_rate", offer->terms.annual_rate);
    json_put_int(out, "deposit", offer->schedule.deposit);
    put_deposit_lines(out, offer);
    json_put_int(out, "upfront", offer->upfront);
    json_put_int(out, "amount_financed", offer->schedule.amount_financed);
    json_put_int(out, "installments", offer->terms.installments);
    json_put_int(out, "installment_amount", installment_amount(offer));
    json_put_int(out, "total_payable", offer->total_payable);
    json_put_text(out, "apr_nominal", plan_rate_text(offer->schedule.apr_nominal));
    json_put_text(out, "effective_annual_rate", plan_rate_text(offer->schedule.effective_annual_rate));
    put_first_due_date(out, &offer->schedule);
    json_put_raw(out, "release", row_text(row, "release"));
    json_put_text(out, "terms_version", row_text(row, "terms_version"));
    json_end(out, '}');
}

struct slice offer_list_json(struct work *w, const struct rows *rows, const struct sale *sale, struct slice currency)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_begin(&out, "data", '[');
    for (size_t i = 0; i < rows_count(rows); i++) {
        enum offer_verdict verdict;
        const struct offer *offer = offer_make(w, rows_at(rows, i), sale, &verdict);
        if (offer)
            put_offer(&out, rows_at(rows, i), offer, currency);
    }
    json_end(&out, ']');
    json_put_null(&out, "next_cursor");
    json_end(&out, '}');
    return json_done(&out);
}
