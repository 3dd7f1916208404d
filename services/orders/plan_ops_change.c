/* The ops about a plan in force: what settles it, and what may become of it. A request holds the terms of the sale, the changes made since (each an op of its own,
 * without terms), the date and what was paid: of the first so many rows in full (`paid`), or of each row so much (`amounts`). Left out after a change: what that left
 * paid. Nothing suspends. */
#include "plan_ops_internal.h"

#include "plan_change.h"
#include "plan_json.h"
#include "simulation.h"
#include "wire/json.h"

#define CHANGES_MAX 100

/* ---- Reading --------------------------------------------------------------------------------------------------------------------------------- */

static int64_t *read_amounts(struct decoder *d, const cJSON *value, size_t rows)
{
    size_t count;
    int64_t *amounts = ARENA_ARRAY(d->work->arena, int64_t, rows);
    bool has;
    if (!decode_array(d, "amounts", value, 0, rows, &count))
        return amounts;
    decode_enter(d, "amounts");
    for (const cJSON *item = decode_first(d, value); item; item = decode_next(d, item))
        decode_int64(d, NULL, item, 0, MONEY_MAX, &amounts[decode_index(d)], &has);
    decode_leave(d);
    return amounts;
}

/* What is paid, into the plan. */
static void read_paid(struct decoder *d, const cJSON *paid, const cJSON *amounts, struct plan_in_force *plan)
{
    int64_t rows = 0;
    bool has;
    if (amounts) {
        plan->paid = read_amounts(d, amounts, plan->row_count);
        return;
    }
    decode_int64(d, "paid", paid, 0, (int64_t)plan->row_count, &rows, &has);
    if (!has)
        return;
    int64_t *full = ARENA_ARRAY(d->work->arena, int64_t, plan->row_count);
    for (size_t i = 0; i < (size_t)rows; i++)
        full[i] = plan->rows[i].total;
    plan->paid = full;
}

static void read_rate(struct decoder *d, const cJSON *value, struct plan_change *change)
{
    struct slice text;
    decode_string(d, "annual_rate", value, &plan_decimal_rule, &text);
    change->has_annual_rate = !slice_is_none(text);
    if (change->has_annual_rate && !decimal_parse(text, PLAN_RATE_SCALE_MAX, &change->annual_rate))
        plan_refuse(d->work, "/annual_rate", "format", "must have at most 10 decimals");
}

/* Of a return: the share of the interest so far that is given back. */
static void read_refund(struct decoder *d, const cJSON *value, struct plan_change *change)
{
    struct slice text;
    struct decimal share;
    decode_string(d, "refund", value, &plan_decimal_rule, &text);
    if (slice_is_none(text))
        return;
    if (!decimal_parse(text, PLAN_RATE_SCALE_MAX, &share) || share.digits > plan_power_of_ten(share.scale))
        plan_refuse(d->work, "/refund", "range", "must be from 0 to 1, with at most 10 decimals");
    else
        change->refund = (struct plan_rate){ share.digits, plan_power_of_ten(share.scale) };
}

static void read_days(struct decoder *d, const char *name, const cJSON *value, int days[2])
{
    size_t count;
    if (!decode_array(d, name, value, 1, 2, &count))
        return;
    decode_enter(d, name);
    for (const cJSON *item = decode_first(d, value); item; item = decode_next(d, item)) {
        int64_t day = 0;
        bool has;
        decode_int64(d, NULL, item, 1, 31, &day, &has);
        days[decode_index(d)] = (int)day;
    }
    decode_leave(d);
}

static void read_frequency(struct decoder *d, const cJSON *value, struct plan_change *change)
{
    static const struct decode_member members[] = { { "unit", DECODE_REQUIRED }, { "every", 0 }, { "days", 0 } };
    static const char *const units[] = { "day", "week", "semimonth", "month", NULL };
    static const struct string_rule unit_rule = { .values = units };
    const cJSON *at[3];
    struct slice unit;
    int64_t every = 1;
    bool has;
    change->has_frequency = value != NULL;
    if (!value)
        return;
    decode_enter(d, "frequency");
    if (decode_object(d, value, members, 3, at)) {
        decode_string(d, "unit", at[0], &unit_rule, &unit);
        decode_int64(d, "every", at[1], 1, 365, &every, &has);
        (void)plan_unit_parse(unit, &change->frequency.unit);
        change->frequency.every = has ? (int)every : 1;
        if (change->frequency.unit == PLAN_SEMIMONTH) {
            change->frequency.days[0] = 1;
            change->frequency.days[1] = 15;
        }
        read_days(d, "days", at[2], change->frequency.days);
    }
    decode_leave(d);
}

static int read_int(struct decoder *d, const char *name, const cJSON *value)
{
    int64_t number = 0;
    bool has;
    decode_int64(d, name, value, 1, PLAN_INSTALLMENTS_MAX, &number, &has);
    return has ? (int)number : 0;
}

static void read_names(struct decoder *d, const cJSON *choice, const cJSON *rebate, const cJSON *arrears, struct plan_change *change)
{
    struct slice name;
    decode_string(d, "choice", choice, &plan_text_rule, &name);
    if (!slice_is_none(name) && !plan_prepay_choice_parse(name, &change->choice))
        plan_refuse(d->work, "/choice", "unknown", "must be shorter_term, lower_installment or next_installments");
    decode_string(d, "rebate", rebate, &plan_text_rule, &name);
    if (!slice_is_none(name) && !plan_rebate_parse(name, &change->rebate))
        plan_refuse(d->work, "/rebate", "unknown", "must be actuarial, period, rule_of_78 or none");
    decode_string(d, "arrears", arrears, &plan_text_rule, &name);
    if (!slice_is_none(name) && !plan_arrears_parse(name, &change->arrears))
        plan_refuse(d->work, "/arrears", "unknown", "must be keep or spread");
}

enum { OP, TERMS, CHANGES, DATE, PAID, AMOUNTS, SHARED };   /* what all ops have */
#define SHARED_MEMBERS { "op", DECODE_REQUIRED }, { "terms", 0 }, { "changes", 0 }, { "date", DECODE_REQUIRED }, { "paid", 0 }, { "amounts", 0 }

/* The members of each type; `at` is filled with those of all ops. */
static bool read_change(struct decoder *d, const cJSON *value, struct plan_change *change, const cJSON *at[SHARED])
{
    static const struct decode_member prepay[] = { SHARED_MEMBERS, { "amount", DECODE_REQUIRED }, { "choice", DECODE_REQUIRED }, { "rebate", 0 } },
                                      advance[] = { SHARED_MEMBERS, { "amount", DECODE_REQUIRED } },
                                      reschedule[] = { SHARED_MEMBERS, { "installments", 0 }, { "annual_rate", 0 }, { "frequency", 0 },
                                                       { "first_due_date", 0 }, { "arrears", 0 } },
                                      skip[] = { SHARED_MEMBERS, { "periods", DECODE_REQUIRED }, { "same_end", 0 } },
                                      due_day[] = { SHARED_MEMBERS, { "days", DECODE_REQUIRED } },
                                      returned[] = { SHARED_MEMBERS, { "amount", DECODE_REQUIRED }, { "choice", 0 }, { "rebate", 0 }, { "refund", 0 } };
    static const struct {
        const char *name;
        const struct decode_member *members;
        size_t count;
    } types[] = { [PLAN_PREPAY] = { "prepay", prepay, SHARED + 3 }, [PLAN_ADVANCE] = { "advance", advance, SHARED + 1 },
                  [PLAN_RESCHEDULE] = { "reschedule", reschedule, SHARED + 5 }, [PLAN_SKIP] = { "skip", skip, SHARED + 2 },
                  [PLAN_DUE_DAY] = { "due_day", due_day, SHARED + 1 }, [PLAN_RETURN] = { "return", returned, SHARED + 4 } };
    const struct slice name = json_member_text(value, "op");
    const cJSON *all[SHARED + 5];
    struct slice first;
    bool has;
    size_t type = 0;
    while (type < sizeof types / sizeof *types && !slice_equals_text(name, types[type].name))
        type++;
    if (type == sizeof types / sizeof *types)
        return plan_refuse(d->work, "/changes", "unknown", "op must be prepay, advance, reschedule, skip, due_day or return"), false;
    *change = (struct plan_change){ .type = (enum plan_change_type)type };
    if (!decode_object(d, value, types[type].members, types[type].count, all))
        return false;
    memcpy(at, all, SHARED * sizeof *all);
    const cJSON *const *own = all + SHARED;
    switch (change->type) {
    case PLAN_PREPAY:
        read_names(d, own[1], own[2], NULL, change);
        decode_int64(d, "amount", own[0], 1, MONEY_MAX, &change->amount, &has);
        break;
    case PLAN_ADVANCE:
        decode_int64(d, "amount", own[0], 1, MONEY_MAX, &change->amount, &has);
        break;
    case PLAN_RESCHEDULE:
        change->installments = read_int(d, "installments", own[0]);
        read_rate(d, own[1], change);
        read_frequency(d, own[2], change);
        decode_string(d, "first_due_date", own[3], &plan_date_rule, &first);
        change->has_first_due_date = !slice_is_none(first);
        change->first_due_date = plan_date_of(first);
        read_names(d, NULL, NULL, own[4], change);
        break;
    case PLAN_SKIP:
        change->periods = read_int(d, "periods", own[0]);
        decode_bool(d, "same_end", own[1], &change->same_end, &has);
        break;
    case PLAN_DUE_DAY:
        read_days(d, "days", own[0], change->days);
        break;
    case PLAN_RETURN:
        change->choice = PLAN_LOWER_INSTALLMENT;
        decode_int64(d, "amount", own[0], 0, MONEY_MAX, &change->amount, &has);
        read_names(d, own[1], own[2], NULL, change);
        read_refund(d, own[3], change);
        break;
    }
    return !work_failed(d->work);
}

/* ---- The plan as it stands ---------------------------------------------------------------------------------------------------------------------- */

static bool apply(struct decoder *d, struct plan_in_force *plan, const struct plan_change *change, struct plan_changed **changed)
{
    struct arena *arena = d->work->arena;
    struct plan_changed *out = ARENA_NEW(arena, struct plan_changed);
    out->rows = ARENA_ARRAY(arena, struct plan_row, PLAN_INSTALLMENTS_MAX);
    out->paid = ARENA_ARRAY(arena, int64_t, PLAN_INSTALLMENTS_MAX);
    const struct plan_fault fault = plan_change_of(plan, change, out);
    if (!plan_ok(fault))
        return simulation_refuse(d->work, "", fault), false;
    *plan = (struct plan_in_force){ &out->terms, out->rows, out->row_count, out->paid, plan->date };
    *changed = out;
    return true;
}

/* Date and payments of an op. */
static bool read_state(struct decoder *d, const cJSON *const at[SHARED], struct plan_in_force *plan)
{
    struct slice date;
    decode_string(d, "date", at[DATE], &plan_date_rule, &date);
    plan->date = plan_date_of(date);
    read_paid(d, at[PAID], at[AMOUNTS], plan);
    return !work_failed(d->work);
}

static bool apply_each(struct decoder *d, const cJSON *changes, struct plan_in_force *plan)
{
    size_t count;
    struct plan_changed *changed;
    if (!decode_array(d, "changes", changes, 0, CHANGES_MAX, &count))
        return !work_failed(d->work);
    decode_enter(d, "changes");
    for (const cJSON *item = decode_first(d, changes); item; item = decode_next(d, item)) {
        struct plan_change change;
        const cJSON *at[SHARED];
        if (!work_failed(d->work) && read_change(d, item, &change, at) && read_state(d, at, plan))
            apply(d, plan, &change, &changed);
    }
    decode_leave(d);
    return !work_failed(d->work);
}

/* From the terms of the sale and the changes since; then date and payments. */
static bool read_plan(struct decoder *d, const cJSON *const at[SHARED], struct plan_in_force *plan)
{
    struct work *w = d->work;
    struct simulate_in *in = ARENA_NEW(w->arena, struct simulate_in);
    struct plan_terms *terms = ARENA_NEW(w->arena, struct plan_terms);
    struct plan_schedule schedule;
    if (!at[TERMS])
        return plan_refuse(w, "/terms", "required", "is required"), false;
    decode_enter(d, "terms");
    read_simulate_body(d, at[TERMS], in);
    decode_leave(d);
    if (work_failed(w) || !simulation_terms(w, "/terms", in, terms) || !simulation_build(w, "/terms", terms, &schedule))
        return false;
    if (terms->rounding.carry == PLAN_CARRY_UNROUNDED)
        return plan_refuse(w, "/terms/rounding/carry", "range", "must be rounded: what is shown only is not owed"), false;
    *plan = (struct plan_in_force){ .terms = terms, .rows = schedule.rows, .row_count = schedule.row_count };
    return apply_each(d, at[CHANGES], plan) && read_state(d, at, plan);
}

/* ---- payoff ----------------------------------------------------------------------------------------------------------------------------------- */

static struct slice write_payoff(struct work *w, const struct plan_payoff *payoff)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_int(&out, "principal", payoff->principal);
    json_put_int(&out, "interest", payoff->interest);
    json_put_int(&out, "fees", payoff->fees);
    json_put_int(&out, "tax", payoff->tax);
    json_put_int(&out, "total", payoff->total);
    json_put_int(&out, "rebate", payoff->rebate);
    json_put_int(&out, "arrears", payoff->arrears);
    json_put_int(&out, "refund", payoff->refund);
    json_end(&out, '}');
    return json_done(&out);
}

struct slice plan_answer_payoff(struct work *w, struct decoder *d, const cJSON *value)
{
    static const struct decode_member members[] = { { "op", 0 }, { "terms", 0 }, { "changes", 0 }, { "date", DECODE_REQUIRED }, { "paid", 0 },
                                                    { "amounts", 0 }, { "rebate", 0 } };
    const cJSON *at[SHARED + 1];
    struct plan_in_force plan;
    struct plan_payoff payoff;
    struct plan_change change = { .rebate = PLAN_REBATE_ACTUARIAL };
    if (!decode_object(d, value, members, SHARED + 1, at))
        return SLICE_NONE;
    read_names(d, NULL, at[SHARED], NULL, &change);
    if (work_failed(w) || !read_plan(d, at, &plan))
        return SLICE_NONE;
    const struct plan_fault fault = plan_payoff_of(&plan, change.rebate, &payoff);
    return plan_ok(fault) ? write_payoff(w, &payoff) : (simulation_refuse(w, "", fault), SLICE_NONE);
}

/* ---- prepay, advance, reschedule, skip, due_day, return ------------------------------------------------------------------------------------------------- */

static void write_parts(struct json_writer *out, const char *name, const struct plan_parts *parts)
{
    json_begin(out, name, '{');
    json_put_int(out, "interest", parts->interest);
    json_put_int(out, "fees", parts->fees);
    json_put_int(out, "tax", parts->tax);
    json_end(out, '}');
}

static struct slice write_changed(struct work *w, enum plan_change_type type, const struct plan_changed *changed)
{
    struct json_writer out = json_to_arena(w->arena);
    const struct plan_schedule all = { .rows = changed->rows, .row_count = changed->row_count };
    json_begin(&out, NULL, '{');
    json_put_int(&out, "kept", (int64_t)changed->kept);
    json_put_int(&out, "arrears", changed->arrears);
    json_put_int(&out, "prepaid", changed->prepaid);
    json_put_int(&out, "balance", changed->balance);
    json_put_int(&out, "brought", changed->brought);
    if (type == PLAN_RETURN) {
        write_parts(&out, "refunded", &changed->refunded);
        json_put_int(&out, "beyond", changed->beyond);
        write_parts(&out, "covered", &changed->covered);
    }
    json_put_int(&out, "interest_before", changed->interest_before);
    json_put_int(&out, "interest_after", changed->interest_after);
    plan_write_rows(&out, "installments", &changed->terms, &all, false);
    json_begin(&out, "paid", '[');
    for (size_t i = 0; i < changed->row_count; i++)
        json_put_int(&out, NULL, changed->paid[i]);
    json_end(&out, ']');
    plan_write_totals(&out, "totals", &changed->totals);
    json_end(&out, '}');
    return json_done(&out);
}

struct slice plan_answer_change(struct work *w, struct decoder *d, const cJSON *value)
{
    const cJSON *at[SHARED];
    struct plan_change change;
    struct plan_in_force plan;
    struct plan_changed *changed;
    if (!read_change(d, value, &change, at) || !read_plan(d, at, &plan) || !apply(d, &plan, &change, &changed))
        return SLICE_NONE;
    return write_changed(w, change.type, changed);
}
