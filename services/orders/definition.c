/* Checks a plan's definition: its terms by the rules of simulations (simulation.h), for each number of installments; then what else must fit together.
 * Nothing is remembered, nothing suspends. */
#include "definition.h"

#include "base/date.h"
#include "gen/problems.h"
#include "simulation.h"
#include "wire/json.h"
#include "wire/json_write.h"

#define SHARE_DECIMALS_MAX PLAN_RATE_SCALE_MAX

static void refuse(struct work *w, struct slice pointer, const char *code, const char *detail)
{
    work_fail_field(w, &PROBLEM_validation_failed, pointer, code, "%s", detail);
}

static void refuse_at(struct work *w, const char *list, size_t index, const char *member, const char *code, const char *detail)
{
    refuse(w, arena_printf(w->arena, "/%s/%zu%s%s", list, index, member ? "/" : "", member ? member : ""), code, detail);
}

/* More than 0 (or 0 where that is allowed) and at most 1. */
static bool is_share(struct slice text, bool zero)
{
    struct decimal share;
    return decimal_parse(text, SHARE_DECIMALS_MAX, &share) && share.digits >= !zero && share.digits <= plan_power_of_ten(share.scale);
}

/* ---- terms ------------------------------------------------------------------------------------------------------------------------------ */

static struct simulate_in as_simulation(const struct sale_terms *terms, int64_t installments)
{
    return (struct simulate_in){
        .principal = MONEY_MAX, .has_principal = true, .method = terms->method, .annual_rate = terms->annual_rate, .installments = installments,
        .has_installments = installments > 0, .frequency = terms->frequency, .first_due_date = terms->first_due_date, .day_count = terms->day_count,
        .deposit = terms->deposit, .grace = terms->grace, .fees = terms->fees, .fees_count = terms->fees_count,
        .tax_rate_on_interest = terms->tax_rate_on_interest, .tax_rate_on_fees = terms->tax_rate_on_fees, .balloon = terms->balloon,
        .has_balloon = terms->has_balloon, .rows = terms->rows, .rows_count = terms->rows_count, .rounding = terms->rounding, .due_dates = terms->due_dates,
    };
}

static void check_terms(struct work *w, const struct create_plan_in *in)
{
    const struct sale_terms *given = in->terms;
    struct plan_terms terms;
    if (slice_is_none(given->method)) {
        refuse(w, SLICE("/terms/method"), "required", "is needed");
        return;
    }
    if (given->rounding && slice_equals_text(given->rounding->carry, "unrounded"))
        refuse(w, SLICE("/terms/rounding/carry"), "enum", "what is sold is rounded");
    struct simulate_in simulation = as_simulation(given, in->counts_count ? in->counts[0] : given->installments);
    if (!simulation_terms(w, "/terms", &simulation, &terms))
        return;
    if (terms.method == PLAN_CUSTOM || terms.has_first_due_date)   /* a season that is over can still be put away */
        terms.start_date = (terms.method == PLAN_CUSTOM ? terms.rows[0].due_date : terms.first_due_date) - 1;
    for (size_t i = 0; i < (in->counts_count ? in->counts_count : 1); i++) {
        terms.installments = in->counts_count ? (int)in->counts[i] : terms.installments;
        const struct plan_fault fault = plan_check(&terms);
        if (!plan_ok(fault))
            simulation_refuse(w, "/terms", fault);
    }
}

static void check_counts(struct work *w, const struct create_plan_in *in)
{
    if (in->counts_count && in->terms->rows_count)
        refuse(w, SLICE("/counts"), "unknown_field", "the rows of a custom plan are its installments");
    for (size_t i = 1; i < in->counts_count; i++)
        for (size_t j = 0; j < i; j++)
            if (in->counts[i] == in->counts[j])
                refuse_at(w, "counts", i, NULL, "duplicate", "is there already");
}

/* ---- what depends on the currency -------------------------------------------------------------------------------------------------------- */

static bool terms_hold_amounts(const struct sale_terms *terms)
{
    bool found = terms->has_balloon || (terms->deposit && terms->deposit->has_amount);
    for (size_t i = 0; i < terms->fees_count; i++)
        found = found || terms->fees[i].has_amount;
    for (size_t i = 0; i < terms->rows_count; i++)
        found = found || terms->rows[i].has_amount;
    return found;
}

static void check_currency(struct work *w, const struct create_plan_in *in)
{
    bool found = terms_hold_amounts(in->terms);
    for (size_t i = 0; i < in->deposit_rules_count; i++)
        found = found || in->deposit_rules[i].has_amount;
    if (found && slice_is_none(in->currency))
        refuse(w, SLICE("/currency"), "required", "is needed where there are amounts");
}

static void check_limits(struct work *w, const struct plan_eligibility *in)
{
    for (size_t i = 0; i < in->limits_count; i++) {
        if (in->limits[i].max_amount < in->limits[i].min_amount)
            refuse_at(w, "eligibility/limits", i, "max_amount", "range", "is less than min_amount");
        for (size_t j = 0; j < i; j++)
            if (slice_equals(in->limits[i].currency, in->limits[j].currency))
                refuse_at(w, "eligibility/limits", i, "currency", "duplicate", "is there already");
    }
}

static void check_eligibility(struct work *w, const struct plan_eligibility *in)
{
    if (!in)
        return;
    check_limits(w, in);
    int32_t from, until;
    if (date_parse(in->valid_from, &from) && date_parse(in->valid_until, &until) && until < from)
        refuse(w, SLICE("/eligibility/valid_until"), "range", "is before valid_from");
}

/* ---- deposits, release, name ------------------------------------------------------------------------------------------------------------- */

static void check_deposit_amount(struct work *w, const struct deposit_rule *rule, size_t i)
{
    const bool percent = slice_equals_text(rule->type, "percent");
    if (percent && rule->has_amount)
        refuse_at(w, "deposit_rules", i, "amount", "unknown_field", "belongs to a fixed deposit");
    if (percent && slice_is_none(rule->value))
        refuse_at(w, "deposit_rules", i, "value", "required", "is needed for a percent deposit");
    else if (percent && !is_share(rule->value, true))
        refuse_at(w, "deposit_rules", i, "value", "range", "must be a fraction from 0 to 1 with at most 10 decimals");
    if (!percent && !slice_is_none(rule->value))
        refuse_at(w, "deposit_rules", i, "value", "unknown_field", "belongs to a percent deposit");
    if (!percent && !rule->has_amount)
        refuse_at(w, "deposit_rules", i, "amount", "required", "is needed for a fixed deposit");
}

static void check_deposit_rules(struct work *w, const struct create_plan_in *in)
{
    for (size_t i = 0; i < in->deposit_rules_count; i++) {
        const struct deposit_rule *rule = &in->deposit_rules[i];
        check_deposit_amount(w, rule, i);
        if (slice_is_none(rule->product_id) == slice_is_none(rule->category))
            refuse_at(w, "deposit_rules", i, NULL, "required", "is for either a product_id or a category");
        for (size_t j = 0; j < i; j++)
            if (!slice_is_none(rule->product_id) ? slice_equals_nocase(rule->product_id, in->deposit_rules[j].product_id)
                                                 : !slice_is_none(rule->category) && slice_equals(rule->category, in->deposit_rules[j].category))
                refuse_at(w, "deposit_rules", i, NULL, "duplicate", "is there already");
    }
}

static void check_release(struct work *w, const struct release *in)
{
    if (!in)
        return;
    const bool layaway = slice_equals_text(in->policy, "layaway"), shared = !slice_is_none(in->percent);
    if (slice_is_none(in->policy))
        refuse(w, SLICE("/release/policy"), "required", "is needed");
    else if (layaway && shared == in->has_installments)
        refuse(w, SLICE("/release"), "required", "a layaway has either percent or installments");
    else if (!layaway && (shared || in->has_installments))
        refuse(w, SLICE("/release/policy"), "enum", "percent and installments belong to layaway");
    if (shared && !is_share(in->percent, false))
        refuse(w, SLICE("/release/percent"), "range", "must be a fraction above 0 and at most 1 with at most 10 decimals");
}

static void check_name(struct work *w, const struct plan_name *in)
{
    if (slice_is_none(in->es))
        refuse(w, SLICE("/name/es"), "required", "is needed");
    if (slice_is_none(in->en))
        refuse(w, SLICE("/name/en"), "required", "is needed");
}

/* No more installments to be paid for the goods than there are. */
static void check_release_count(struct work *w, const struct create_plan_in *in)
{
    if (!in->release || !in->release->has_installments)
        return;
    int64_t fewest = in->terms->rows_count ? (int64_t)in->terms->rows_count : in->terms->installments;
    for (size_t i = 0; i < in->counts_count; i++)
        fewest = i == 0 || in->counts[i] < fewest ? in->counts[i] : fewest;
    if (in->release->installments > fewest)
        refuse(w, SLICE("/release/installments"), "range", "is more than there are");
}

bool definition_check(struct work *w, const struct create_plan_in *in)
{
    check_terms(w, in);
    check_name(w, in->name);
    check_counts(w, in);
    check_currency(w, in);
    check_deposit_rules(w, in);
    check_release(w, in->release);
    check_release_count(w, in);
    check_eligibility(w, in->eligibility);
    return !work_failed(w);
}

/* ---- what is kept ------------------------------------------------------------------------------------------------------------------------ */

/* Opens an object with what `patch` leaves as it is in `target`. */
static void open_merged(struct arena *arena, struct json_writer *out, const char *name, const cJSON *target, const cJSON *patch)
{
    json_begin(out, name, '{');
    for (const cJSON *kept = cJSON_IsObject(target) ? target->child : NULL; kept; kept = kept->next)
        if (!json_member(patch, kept->string))
            json_put_raw(out, kept->string, json_print(arena, kept));
}

/* Both are objects. As deep as the gate lets JSON be. */
static void merge(struct arena *arena, struct json_writer *out, const cJSON *target, const cJSON *patch)
{
    struct { const cJSON *target, *given; } levels[JSON_DEPTH_MAX + 1] = { { target, patch->child } };
    open_merged(arena, out, NULL, target, patch);
    for (int depth = 0; depth >= 0;) {
        const cJSON *given = levels[depth].given;
        if (!given) {
            json_end(out, '}');
            depth--;
            continue;
        }
        levels[depth].given = given->next;
        if (cJSON_IsObject(given)) {
            const cJSON *under = json_member(levels[depth].target, given->string);
            open_merged(arena, out, given->string, under, given);
            depth++;
            levels[depth].target = under;
            levels[depth].given = given->child;
        } else if (!cJSON_IsNull(given)) {
            json_put_raw(out, given->string, json_print(arena, given));
        }
    }
}

/* An id as SQL writes it: it is looked for among ids of products as text. */
static void lower_id(const cJSON *id)
{
    for (char *at = cJSON_IsString(id) ? id->valuestring : NULL; at && *at; at++)
        *at = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;
}

static void lower_ids(const cJSON *definition)
{
    const cJSON *products = json_member(json_member(definition, "eligibility"), "products"), *rules = json_member(definition, "deposit_rules");
    for (const cJSON *id = products ? products->child : NULL; id; id = id->next)
        lower_id(id);
    for (const cJSON *rule = rules ? rules->child : NULL; rule; rule = rule->next)
        lower_id(json_member(rule, "product_id"));
}

struct slice definition_kept(struct arena *arena, const cJSON *before, const cJSON *given)
{
    struct json_writer out = json_to_arena(arena);
    merge(arena, &out, before, given);
    const cJSON *whole = json_parse(arena, json_done(&out), NULL, NULL);
    lower_ids(whole);
    return json_print(arena, whole);
}
