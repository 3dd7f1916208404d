/* One function for each op: reads its members by the rules of the contracts' decoders, asks the engine, writes the answer. `simulate` and `apr` are
 * the API's own requests. Nothing suspends. */
#include "plan_json.h"
#include "plan_ops_internal.h"

#include "allocate.h"
#include "base/date.h"
#include "gen/problems.h"
#include "http/problem.h"
#include "late_interest.h"
#include "plan_dates.h"
#include "simulation.h"
#include "wire/json.h"
#include "wire/json_write.h"

const struct string_rule plan_text_rule = { .min = 1, .max = PLAN_TEXT_MAX }, plan_date_rule = { .format = FORMAT_DATE },
                         plan_decimal_rule = { .max = PLAN_TEXT_MAX, .format = FORMAT_DECIMAL };

struct slice plan_refuse(struct work *w, const char *pointer, const char *code, const char *detail)
{
    work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), code, "%s", detail);
    return SLICE_NONE;
}

int32_t plan_date_of(struct slice text)
{
    int32_t date = 0;
    (void)date_parse(text, &date);
    return date;
}

static cJSON **append(struct arena *arena, cJSON **last, const cJSON *member)
{
    *last = ARENA_NEW(arena, cJSON);
    **last = *member;
    (*last)->next = NULL;
    return &(*last)->next;
}

const cJSON *plan_without(struct arena *arena, const cJSON *object, const char *name)
{
    cJSON *out = ARENA_NEW(arena, cJSON), **last = &out->child;
    out->type = object->type;
    for (const cJSON *member = object->child; member; member = member->next)
        if (strcmp(member->string, name) != 0)
            last = append(arena, last, member);
    return out;
}

/* ---- simulate, apr ---------------------------------------------------------------------------------------------------------------------- */

static struct slice answer_simulate(struct work *w, struct decoder *d, const cJSON *value)
{
    struct simulate_in *in = ARENA_NEW(w->arena, struct simulate_in);
    decode_bool(d, "explain", json_member(value, "explain"), &in->explain, &in->has_explain);
    read_simulate_body(d, plan_without(w->arena, value, "explain"), in);
    return work_failed(w) ? SLICE_NONE : simulation_answer(w, in);
}

static struct slice answer_apr(struct work *w, struct decoder *d, const cJSON *value)
{
    struct simulate_apr_in *in = ARENA_NEW(w->arena, struct simulate_apr_in);
    read_simulate_apr_body(d, value, in);
    return work_failed(w) ? SLICE_NONE : simulation_apr_answer(w, in);
}

/* ---- round -------------------------------------------------------------------------------------------------------------------------------- */

static struct slice answer_round(struct work *w, struct decoder *d, const cJSON *value)
{
    static const struct decode_member members[] = { { "mode", DECODE_REQUIRED }, { "value", DECODE_REQUIRED }, { "decimals", 0 } };
    const cJSON *at[3];
    struct slice name, text;
    int64_t decimals = 0;
    bool has_decimals;
    enum decimal_rounding mode;
    char out[2 * PLAN_TEXT_MAX];
    if (!decode_object(d, value, members, 3, at))
        return SLICE_NONE;
    decode_string(d, "mode", at[0], &plan_text_rule, &name);
    decode_string(d, "value", at[1], &plan_decimal_rule, &text);
    decode_int64(d, "decimals", at[2], 0, 18, &decimals, &has_decimals);
    if (work_failed(w))
        return SLICE_NONE;
    if (!decimal_rounding_parse(name, &mode))
        return plan_refuse(w, "/mode", "unknown", "is no rounding mode known here");
    if (!decimal_round(text, (int)decimals, mode, out, sizeof out))
        return plan_refuse(w, "/value", "format", "must be a plain decimal");
    return decimals ? arena_printf(w->arena, "{\"value\":\"%s\"}", out) : arena_printf(w->arena, "{\"value\":%s}", out);
}

/* ---- due_dates ---------------------------------------------------------------------------------------------------------------------------- */

/* The request of a simulation with what dates do not depend on, where it is left out. */
static const cJSON *with_any_amount(struct arena *arena, const cJSON *object)
{
    static char currency[] = "currency", usd[] = "USD", principal[] = "principal", method[] = "method", interest_free[] = "interest_free",
                custom[] = "custom";
    const cJSON any[] = { { .type = cJSON_String, .string = currency, .valuestring = usd },
                          { .type = cJSON_Number, .string = principal, .valuedouble = 1, .valueint = 1 },
                          { .type = cJSON_String, .string = method, .valuestring = json_member(object, "rows") ? custom : interest_free } };
    cJSON *out = ARENA_NEW(arena, cJSON), **last = &out->child;
    out->type = object->type;
    for (const cJSON *member = object->child; member; member = member->next)
        last = append(arena, last, member);
    for (size_t i = 0; i < sizeof any / sizeof *any; i++)
        if (!json_member(object, any[i].string))
            last = append(arena, last, &any[i]);
    return out;
}

static struct slice write_due_dates(struct work *w, const struct plan_row *rows, size_t count)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_begin(&out, "due_dates", '[');
    for (size_t i = 0; i < count; i++)
        plan_write_date(&out, NULL, rows[i].due_date);
    json_end(&out, ']');
    json_end(&out, '}');
    return json_done(&out);
}

/* The dates of a simulation, of which only what makes dates need be given. */
static struct slice answer_due_dates(struct work *w, struct decoder *d, const cJSON *value)
{
    struct simulate_in *in = ARENA_NEW(w->arena, struct simulate_in);
    struct plan_terms terms;
    read_simulate_body(d, with_any_amount(w->arena, value), in);
    if (slice_is_none(in->annual_rate))
        in->annual_rate = SLICE("0");
    if (work_failed(w) || !simulation_terms(w, "", in, &terms))
        return SLICE_NONE;
    struct plan_row *rows = ARENA_ARRAY(w->arena, struct plan_row, (size_t)terms.installments);
    struct plan_fault fault = plan_check(&terms);
    if (plan_ok(fault) && !plan_dates_fill(&terms, rows))
        fault = (struct plan_fault){ .pointer = "/due_dates", .code = "range", .detail = "closed days leave no open one for a year" };
    return plan_ok(fault) ? write_due_dates(w, rows, (size_t)terms.installments) : (simulation_refuse(w, "", fault), SLICE_NONE);
}

/* ---- late_interest ------------------------------------------------------------------------------------------------------------------------ */

static struct slice write_late(struct work *w, const struct late_interest *late)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_int(&out, "annual", late->annual);
    json_put_int(&out, "daily", late->daily);
    json_put_int(&out, "interest", late->interest);
    json_put_int(&out, "compensation", late->compensation);
    json_put_int(&out, "total", late->total);
    json_end(&out, '}');
    return json_done(&out);
}

static struct slice answer_late_interest(struct work *w, struct decoder *d, const cJSON *value)
{
    static const struct decode_member members[] = { { "principal", DECODE_REQUIRED }, { "annual_rate", DECODE_REQUIRED }, { "days", DECODE_REQUIRED },
                                                    { "year_days", 0 }, { "method", 0 }, { "compensation", 0 }, { "mode", 0 } };
    static const char *const methods[] = { "exact", "daily_rounded", NULL }, *const tables[] = { "none", "uk_1998", NULL };
    static const struct string_rule method_rule = { .values = methods }, table_rule = { .values = tables };
    const cJSON *at[7];
    struct slice rate, method, table, mode;
    struct late_terms terms = { .year_days = 365, .mode = ROUND_HALF_UP };
    struct late_interest late;
    bool has;
    if (!decode_object(d, value, members, 7, at))
        return SLICE_NONE;
    decode_int64(d, "principal", at[0], 0, MONEY_MAX, &terms.principal, &has);
    decode_string(d, "annual_rate", at[1], &plan_decimal_rule, &rate);
    decode_int64(d, "days", at[2], 0, LATE_DAYS_MAX, &terms.days, &has);
    decode_int64(d, "year_days", at[3], 360, 366, &terms.year_days, &has);
    decode_string(d, "method", at[4], &method_rule, &method);
    decode_string(d, "compensation", at[5], &table_rule, &table);
    decode_string(d, "mode", at[6], &plan_text_rule, &mode);
    if (work_failed(w))
        return SLICE_NONE;
    terms.year_days = at[3] ? terms.year_days : 365;
    terms.daily_rounded = slice_equals_text(method, "daily_rounded");
    terms.uk_compensation = slice_equals_text(table, "uk_1998");
    if (!decimal_parse(rate, PLAN_RATE_SCALE_MAX, &terms.annual_rate) || terms.annual_rate.digits < 0 ||
        terms.annual_rate.digits > PLAN_RATE_MAX * plan_power_of_ten(terms.annual_rate.scale))
        return plan_refuse(w, "/annual_rate", "range", "must be between 0 and 10 with at most 10 decimals");
    if (!slice_is_none(mode) && !plan_rounding_mode_parse(mode, &terms.mode))
        return plan_refuse(w, "/mode", "unknown", "is no rounding mode of a plan");
    if (!late_interest_of(&terms, &late))
        return plan_refuse(w, "/principal", "range", "what is owed exceeds 9007199254740991");
    return write_late(w, &late);
}

/* ---- All ------------------------------------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    struct slice (*answer)(struct work *w, struct decoder *d, const cJSON *value);
} ops[] = {
    { "simulate", answer_simulate }, { "apr", answer_apr }, { "days", plan_answer_days }, { "due_dates", answer_due_dates },
    { "adjust", plan_answer_adjust }, { "round", answer_round }, { "late_interest", answer_late_interest }, { "payoff", plan_answer_payoff },
    { "prepay", plan_answer_change }, { "advance", plan_answer_change }, { "reschedule", plan_answer_change }, { "skip", plan_answer_change },
    { "due_day", plan_answer_change },
    { "return", plan_answer_change },
};

static struct slice answer(struct work *w, struct slice line)
{
    const cJSON *object = decode_body(w, line, true);
    if (!object)
        return SLICE_NONE;
    const struct slice name = json_member_text(object, "op");
    struct decoder d = decoder_new(w);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (slice_equals_text(name, ops[i].name))
            return ops[i].answer(w, &d, ops[i].answer == plan_answer_change ? object : plan_without(w->arena, object, "op"));
    return plan_refuse(w, "/op", "unknown", "must be simulate, apr, days, due_dates, adjust, round, late_interest, payoff, prepay, advance, reschedule, skip, due_day or return");
}

struct slice plan_answer(struct work *w, struct slice line)
{
    const struct slice body = answer(w, line);
    if (!slice_is_none(body))
        return body;
    const struct slice problem = problem_document(w->arena, &w->failure, SLICE_NONE);
    return arena_printf(w->arena, "{\"error\":%.*s}", (int)problem.size, problem.data);
}
