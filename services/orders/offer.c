/* From a plan's row and a sale to a schedule. A definition was checked when it was made (definition.c); that it makes no schedule of some amounts, or not any more,
 * is no mistake: then there is no offer. Nothing suspends. */
#include "offer.h"

#include "closures.h"
#include "gen/problems.h"
#include "legal_rate.h"
#include "plan_json.h"
#include "simulation.h"
#include "wire/json.h"
#include "wire/json_write.h"

struct sale sale_read(struct arena *arena, struct slice lines)
{
    struct sale sale = { 0 };
    const cJSON *list = json_parse(arena, lines, NULL, NULL);
    for (const cJSON *line = list ? list->child : NULL; line; line = line->next)
        sale.count++;
    struct sale_line *out = ARENA_ARRAY(arena, struct sale_line, sale.count);
    sale.lines = out;
    for (const cJSON *line = list ? list->child : NULL; line; line = line->next, out++) {
        *out = (struct sale_line){ .product_id = json_member_text(line, "product_id"), .category = json_member_text(line, "category"),
                                   .quantity = json_member_int64(line, "quantity", 1), .total = json_member_int64(line, "line_total", 0) };
        sale.total += out->total;
    }
    return sale;
}

struct slice sale_json(struct arena *arena, const struct sale *sale)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < sale->count; i++) {
        json_begin(&out, NULL, '{');
        json_put_text(&out, "product_id", sale->lines[i].product_id);
        json_put_text(&out, "category", sale->lines[i].category);
        json_put_int(&out, "quantity", sale->lines[i].quantity);
        json_put_int(&out, "line_total", sale->lines[i].total);
        json_end(&out, '}');
    }
    json_end(&out, ']');
    return json_done(&out);
}

/* ---- deposit --------------------------------------------------------------------------------------------------------------------------- */

/* The rule for a product, else that for its category. */
static const cJSON *rule_for(const cJSON *rules, const struct sale_line *line, enum deposit_source *source)
{
    const cJSON *found = NULL;
    *source = DEPOSIT_OF_PLAN;
    for (const cJSON *rule = rules ? rules->child : NULL; rule; rule = rule->next) {
        if (slice_equals_nocase(json_member_text(rule, "product_id"), line->product_id)) {
            *source = DEPOSIT_OF_PRODUCT;
            return rule;
        }
        if (!slice_is_none(line->category) && slice_equals(json_member_text(rule, "category"), line->category)) {
            *source = DEPOSIT_OF_CATEGORY;
            found = rule;
        }
    }
    return found;
}

static struct plan_deposit deposit_rule_read(const cJSON *rule)
{
    struct plan_deposit out = { .type = PLAN_DEPOSIT_FIXED, .amount = json_member_int64(rule, "amount", 0) };
    if (decimal_parse(json_member_text(rule, "value"), PLAN_RATE_SCALE_MAX, &out.share))
        out.type = PLAN_DEPOSIT_PERCENT;
    return out;
}

/* The terms' deposit becomes the one amount of all lines when some have rules of their own. */
static void merge_deposits(struct work *w, const struct row *row, struct offer *offer)
{
    const struct slice text = row_text(row, "deposit_rules");
    const cJSON *rules = slice_is_none(text) ? NULL : json_parse(w->arena, text, NULL, NULL);
    struct deposit_line *lines = ARENA_ARRAY(w->arena, struct deposit_line, offer->sale.count);
    bool own = false;
    for (size_t i = 0; i < offer->sale.count; i++) {
        const struct sale_line *line = &offer->sale.lines[i];
        lines[i] = (struct deposit_line){ .total = line->total, .quantity = line->quantity };
        const cJSON *rule = rule_for(rules, line, &lines[i].source);
        own = own || rule;
        if (rule)
            lines[i].rule = deposit_rule_read(rule);
    }
    const int64_t deposit = deposit_of_lines(lines, offer->sale.count, &offer->terms.deposit, &offer->terms.rounding);
    if (own)
        offer->terms.deposit = (struct plan_deposit){ .type = deposit ? PLAN_DEPOSIT_FIXED : PLAN_DEPOSIT_NONE, .amount = deposit };
    offer->deposits = lines;
}

/* ---- terms, schedule, rates ------------------------------------------------------------------------------------------------------------- */

/* What is wrong with them is not the caller's doing: it stays aside. */
static bool terms_of(struct work *aside, const struct row *row, struct plan_terms *terms)
{
    struct simulate_in *in = ARENA_NEW(aside->arena, struct simulate_in);
    struct decoder d = decoder_new(aside);
    read_simulate_body(&d, json_parse(aside->arena, row_text(row, "request"), NULL, NULL), in);
    if (closures_wanted(in))
        closures_put(aside->arena, in, row_text(row, "closures"));
    return !work_failed(aside) && simulation_terms(aside, "", in, terms);
}

static bool within_limits(const struct row *row, int64_t amount)
{
    const struct slice most = row_text(row, "max_amount");
    return amount >= 1 && amount >= row_int(row, "min_amount") && (slice_is_none(most) || amount <= row_int(row, "max_amount"));
}

/* But for those that a grace lets be empty. */
static bool every_row_pays(const struct offer *offer)
{
    for (size_t i = (size_t)offer->terms.grace.principal; i < offer->schedule.row_count; i++)
        if (offer->schedule.rows[i].total == 0)
            return false;
    return true;
}

static bool is_within_the_law(const struct row *row, const struct plan_schedule *schedule)
{
    const struct legal_rate legal = legal_rate_of(row);
    return legal_rate_allows(&legal, plan_rate_text(schedule->apr_nominal), plan_rate_text(schedule->effective_annual_rate));
}

const struct offer *offer_make(struct work *w, const struct row *row, const struct sale *sale, enum offer_verdict *verdict)
{
    struct offer *offer = ARENA_NEW(w->arena, struct offer);
    struct work aside = *w;
    aside.failure = (struct failure){ 0 };
    *verdict = OFFER_NOT_FOR_THIS;
    offer->sale = *sale;
    if (!within_limits(row, sale->total) || !terms_of(&aside, row, &offer->terms))
        return NULL;
    merge_deposits(w, row, offer);
    if (!simulation_build(&aside, "", &offer->terms, &offer->schedule) || !every_row_pays(offer))
        return NULL;
    offer->upfront = offer->schedule.upfront_fees + offer->schedule.upfront_tax;
    offer->total_payable = plan_total_payable(&offer->schedule);
    *verdict = is_within_the_law(row, &offer->schedule) ? OFFER_GOOD : OFFER_ABOVE_LEGAL_RATE;
    return *verdict == OFFER_GOOD ? offer : NULL;
}

void offer_refuse(struct work *w, enum offer_verdict verdict, const struct row *row)
{
    if (verdict == OFFER_ABOVE_LEGAL_RATE)
        work_fail(w, &PROBLEM_rate_above_legal_maximum, "the law allows at most %.*s a year", SLICE_FMT(row_text(row, "legal_rate")));
    else
        work_fail(w, &PROBLEM_offer_not_available, "the cart's total is outside what this offer is for");
}

struct slice offer_terms_json(struct arena *arena, const struct offer *offer, struct slice currency)
{
    struct json_writer out = json_to_arena(arena);
    plan_write_terms(&out, NULL, &offer->terms, currency);
    return json_done(&out);
}

struct slice offer_rows_json(struct arena *arena, const struct offer *offer)
{
    struct json_writer out = json_to_arena(arena);
    plan_write_rows(&out, NULL, &offer->terms, &offer->schedule, true);
    return json_done(&out);
}
