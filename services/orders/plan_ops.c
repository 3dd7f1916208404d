/* One function for each op: reads its members by the rules of the contracts' decoders, asks the engine, writes the answer. `simulate` and `apr` are
 * the API's own requests. Nothing suspends. */
#include "plan_ops.h"

#include "allocate.h"
#include "base/date.h"
#include "business_day.h"
#include "day_count.h"
#include "gen/problems.h"
#include "http/problem.h"
#include "late_interest.h"
#include "plan_dates.h"
#include "simulation.h"
#include "wire/json.h"
#include "wire/json_write.h"

#include <stdlib.h>

#define TEXT_MAX 64
#define HOLIDAYS_MAX 10000

static const struct string_rule text_rule = { .min = 1, .max = TEXT_MAX }, date_rule = { .format = FORMAT_DATE },
                                decimal_rule = { .max = TEXT_MAX, .format = FORMAT_DECIMAL };

static struct slice refuse(struct work *w, const char *pointer, const char *code, const char *detail)
{
    work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), code, "%s", detail);
    return SLICE_NONE;
}

/* A date that the decoder has let through; 0 when absent. */
static int32_t date_of(struct slice text)
{
    int32_t date = 0;
    (void)date_parse(text, &date);
    return date;
}

/* The object without a member that is ours and not the request's; the values are shared. */
static const cJSON *without(struct arena *arena, const cJSON *object, const char *name)
{
    cJSON *out = ARENA_NEW(arena, cJSON), **last = &out->child;
    out->type = object->type;
    for (const cJSON *member = object->child; member; member = member->next) {
        if (strcmp(member->string, name) == 0)
            continue;
        *last = ARENA_NEW(arena, cJSON);
        **last = *member;
        (*last)->next = NULL;
        last = &(*last)->next;
    }
    return out;
}

/* ---- simulate, apr ---------------------------------------------------------------------------------------------------------------------- */

static struct slice answer_simulate(struct work *w, struct decoder *d, const cJSON *value)
{
    struct simulate_in *in = ARENA_NEW(w->arena, struct simulate_in);
    decode_bool(d, "explain", json_member(value, "explain"), &in->explain, &in->has_explain);
    read_simulate_body(d, without(w->arena, value, "explain"), in);
    return work_failed(w) ? SLICE_NONE : simulation_answer(w, in);
}

static struct slice answer_apr(struct work *w, struct decoder *d, const cJSON *value)
{
    struct simulate_apr_in *in = ARENA_NEW(w->arena, struct simulate_apr_in);
    read_simulate_apr_body(d, value, in);
    return work_failed(w) ? SLICE_NONE : simulation_apr_answer(w, in);
}

/* ---- days --------------------------------------------------------------------------------------------------------------------------------- */

static struct slice write_fraction(struct work *w, struct day_fraction fraction)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_int(&out, "days", fraction.days);
    json_put_int(&out, "numerator", fraction.numerator);
    json_put_int(&out, "denominator", fraction.denominator);
    json_end(&out, '}');
    return json_done(&out);
}

static struct slice answer_days(struct work *w, struct decoder *d, const cJSON *value)
{
    static const struct decode_member members[] = { { "day_count", DECODE_REQUIRED }, { "from", DECODE_REQUIRED }, { "to", DECODE_REQUIRED },
                                                    { "period_start", 0 }, { "period_end", 0 }, { "frequency", 0 }, { "termination", 0 } };
    const cJSON *at[7];
    struct slice name, from, to, start, end, termination;
    int64_t frequency = 0;
    bool has_frequency;
    if (!decode_object(d, value, members, 7, at))
        return SLICE_NONE;
    decode_string(d, "day_count", at[0], &text_rule, &name);
    decode_string(d, "from", at[1], &date_rule, &from);
    decode_string(d, "to", at[2], &date_rule, &to);
    decode_string(d, "period_start", at[3], &date_rule, &start);
    decode_string(d, "period_end", at[4], &date_rule, &end);
    decode_int64(d, "frequency", at[5], 1, 12, &frequency, &has_frequency);
    decode_string(d, "termination", at[6], &date_rule, &termination);
    enum day_count convention;
    struct day_fraction fraction;
    if (work_failed(w))
        return SLICE_NONE;
    if (!day_count_parse(name, &convention))
        return refuse(w, "/day_count", "unknown", "is no convention known here");
    if (slice_is_none(start) != slice_is_none(end))
        return refuse(w, "/period_end", "required", "a reference period has a start and an end");
    const struct day_count_context context = { .has_reference = !slice_is_none(start), .reference_start = date_of(start), .reference_end = date_of(end),
                                               .periods_per_year = (int)frequency, .has_termination = !slice_is_none(termination),
                                               .termination = date_of(termination) };
    if (!day_count_measure(convention, date_of(from), date_of(to), &context, &fraction))
        return refuse(w, "/to", "range", "must not be before `from`, in a reference period that can be told");
    return write_fraction(w, fraction);
}

/* ---- adjust ------------------------------------------------------------------------------------------------------------------------------- */

static unsigned read_weekend(struct work *w, struct decoder *d, const cJSON *list)
{
    static const char *const names[] = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" };
    unsigned weekend = 0;
    size_t count;
    if (!decode_array(d, "weekend", list, 0, 7, &count))
        return 0;
    decode_enter(d, "weekend");
    for (const cJSON *item = decode_first(d, list); item; item = decode_next(d, item)) {
        struct slice name;
        unsigned day = 0;
        decode_string(d, NULL, item, &text_rule, &name);
        while (day < 7 && !slice_equals_nocase(name, slice_from_text(names[day])))
            day++;
        if (day == 7)
            refuse(w, "/weekend", "unknown", "must be days of the week, in English");
        weekend |= 1u << day;
    }
    decode_leave(d);
    return weekend;
}

static int by_date(const void *a, const void *b)
{
    const int32_t first = *(const int32_t *)a, second = *(const int32_t *)b;
    return (first > second) - (first < second);
}

static void read_holidays(struct work *w, struct decoder *d, const cJSON *list, struct closed_days *closed)
{
    if (!decode_array(d, "holidays", list, 0, HOLIDAYS_MAX, &closed->extra_count))
        return;
    int32_t *dates = ARENA_ARRAY(w->arena, int32_t, closed->extra_count);
    decode_enter(d, "holidays");
    for (const cJSON *item = decode_first(d, list); item; item = decode_next(d, item)) {
        struct slice date;
        decode_string(d, NULL, item, &date_rule, &date);
        dates[decode_index(d)] = date_of(date);
    }
    decode_leave(d);
    qsort(dates, closed->extra_count, sizeof *dates, by_date);
    closed->extra = dates;
}

static struct slice write_date(struct work *w, int32_t date)
{
    char text[DATE_BYTES + 1];
    date_format(date, text);
    return arena_printf(w->arena, "{\"date\":\"%s\"}", text);
}

static struct slice answer_adjust(struct work *w, struct decoder *d, const cJSON *value)
{
    static const struct decode_member members[] = { { "date", DECODE_REQUIRED }, { "business_day", DECODE_REQUIRED }, { "weekend", 0 },
                                                    { "holidays", 0 }, { "calendar", 0 } };
    const cJSON *at[5];
    struct slice date, name, country;
    struct closed_days closed = { 0 };
    enum business_day_convention convention;
    int32_t adjusted;
    if (!decode_object(d, value, members, 5, at))
        return SLICE_NONE;
    decode_string(d, "date", at[0], &date_rule, &date);
    decode_string(d, "business_day", at[1], &text_rule, &name);
    decode_string(d, "calendar", at[4], &text_rule, &country);
    closed.calendar = slice_is_none(country) ? NULL : calendar_find(country);
    closed.weekend = at[2] ? read_weekend(w, d, at[2]) : closed.calendar ? calendar_weekend(closed.calendar) : 0;
    read_holidays(w, d, at[3], &closed);
    if (work_failed(w))
        return SLICE_NONE;
    if (!slice_is_none(country) && !closed.calendar)
        return refuse(w, "/calendar", "unknown", "there is no such calendar");
    if (!business_day_parse(name, &convention))
        return refuse(w, "/business_day", "unknown", "is no convention known here");
    if (!business_day_adjust(&closed, convention, date_of(date), &adjusted))
        return refuse(w, "/date", "range", "has no open day within a year");
    return write_date(w, adjusted);
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
    char out[2 * TEXT_MAX];
    if (!decode_object(d, value, members, 3, at))
        return SLICE_NONE;
    decode_string(d, "mode", at[0], &text_rule, &name);
    decode_string(d, "value", at[1], &decimal_rule, &text);
    decode_int64(d, "decimals", at[2], 0, 18, &decimals, &has_decimals);
    if (work_failed(w))
        return SLICE_NONE;
    if (!decimal_rounding_parse(name, &mode))
        return refuse(w, "/mode", "unknown", "is no rounding mode known here");
    if (!decimal_round(text, (int)decimals, mode, out, sizeof out))
        return refuse(w, "/value", "format", "must be a plain decimal");
    return decimals ? arena_printf(w->arena, "{\"value\":\"%s\"}", out) : arena_printf(w->arena, "{\"value\":%s}", out);
}

/* ---- due_dates ---------------------------------------------------------------------------------------------------------------------------- */

/* The dates of a simulation, of which only what makes dates need be given. */
static struct slice answer_due_dates(struct work *w, struct decoder *d, const cJSON *value)
{
    struct simulate_in *in = ARENA_NEW(w->arena, struct simulate_in);
    struct plan_terms terms;
    struct plan_schedule schedule;
    const struct slice given = json_print(w->arena, value);
    const bool empty = !value->child;
    const cJSON *whole = json_parse(w->arena, arena_printf(w->arena, "{\"currency\":\"USD\",\"principal\":1000000,\"method\":\"interest_free\"%s%.*s",
                                                           empty ? "" : ",", (int)given.size - 1, given.data + 1), NULL, NULL);
    read_simulate_body(d, whole, in);
    if (work_failed(w) || !simulation_terms(w, in, &terms) || !simulation_build(w, &terms, &schedule))
        return SLICE_NONE;
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_begin(&out, "due_dates", '[');
    for (size_t i = 0; i < schedule.row_count; i++) {
        char text[DATE_BYTES + 1];
        date_format(schedule.rows[i].due_date, text);
        json_put_text(&out, NULL, slice_from_text(text));
    }
    json_end(&out, ']');
    json_end(&out, '}');
    return json_done(&out);
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
    decode_string(d, "annual_rate", at[1], &decimal_rule, &rate);
    decode_int64(d, "days", at[2], 0, LATE_DAYS_MAX, &terms.days, &has);
    decode_int64(d, "year_days", at[3], 360, 366, &terms.year_days, &has);
    decode_string(d, "method", at[4], &method_rule, &method);
    decode_string(d, "compensation", at[5], &table_rule, &table);
    decode_string(d, "mode", at[6], &text_rule, &mode);
    if (work_failed(w))
        return SLICE_NONE;
    terms.year_days = at[3] ? terms.year_days : 365;
    terms.daily_rounded = slice_equals_text(method, "daily_rounded");
    terms.uk_compensation = slice_equals_text(table, "uk_1998");
    if (!decimal_parse(rate, PLAN_RATE_SCALE_MAX, &terms.annual_rate) || terms.annual_rate.digits < 0 ||
        terms.annual_rate.digits > PLAN_RATE_MAX * plan_power_of_ten(terms.annual_rate.scale))
        return refuse(w, "/annual_rate", "range", "must be between 0 and 10 with at most 10 decimals");
    if (!slice_is_none(mode) && !plan_rounding_mode_parse(mode, &terms.mode))
        return refuse(w, "/mode", "unknown", "is no rounding mode of a plan");
    if (!late_interest_of(&terms, &late))
        return refuse(w, "/principal", "range", "what is owed exceeds 9007199254740991");
    return write_late(w, &late);
}

/* ---- All ------------------------------------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    struct slice (*answer)(struct work *w, struct decoder *d, const cJSON *value);
} ops[] = {
    { "simulate", answer_simulate }, { "apr", answer_apr }, { "days", answer_days }, { "due_dates", answer_due_dates },
    { "adjust", answer_adjust }, { "round", answer_round }, { "late_interest", answer_late_interest },
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
            return ops[i].answer(w, &d, without(w->arena, object, "op"));
    return refuse(w, "/op", "unknown", "must be simulate, apr, days, due_dates, adjust, round or late_interest");
}

struct slice plan_answer(struct work *w, struct slice line)
{
    const struct slice body = answer(w, line);
    if (!slice_is_none(body))
        return body;
    const struct slice problem = problem_document(w->arena, &w->failure, SLICE_NONE);
    return arena_printf(w->arena, "{\"error\":%.*s}", (int)problem.size, problem.data);
}
