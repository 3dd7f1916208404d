/* The plan of a contract as JSON, and back: of the terms only what a change can change is kept, the rest is what was agreed at the sale. Nothing suspends. */
#include "contract_plan.h"

#include "base/date.h"
#include "base/log.h"
#include "closures.h"
#include "gen/problems.h"
#include "simulation.h"
#include "plan_json.h"
#include "wire/decode.h"
#include "wire/json.h"

static void *broken(struct work *w, const char *why)
{
    log_error("a contract's plan cannot be read", LOG_TEXT("why", why));
    w->failure = (struct failure){ 0 };   /* what the reader of terms has found is not the caller's mistake */
    return work_fail(w, &PROBLEM_internal, "the contract's plan cannot be read");
}

/* ---- Writing --------------------------------------------------------------------------------------------------------------------------------- */

static void put_terms(struct json_writer *out, const struct plan_terms *terms)
{
    json_begin(out, "terms", '{');
    json_put_text(out, "method", plan_method_name(terms->method));
    plan_write_decimal(out, "annual_rate", terms->annual_rate);
    json_put_int(out, "installments", terms->installments);
    json_put_text(out, "unit", plan_unit_name(terms->frequency.unit));
    json_put_int(out, "every", terms->frequency.every);
    json_put_int(out, "day", terms->frequency.days[0]);
    json_put_int(out, "other_day", terms->frequency.days[1]);
    plan_write_date(out, "start_date", terms->start_date);
    if (terms->has_first_due_date)
        plan_write_date(out, "first_due_date", terms->first_due_date);
    json_put_int(out, "balloon", terms->balloon);
    if (terms->closed)
        closures_write(out, "closures", terms->closed);
    json_end(out, '}');
}

static void put_waived(struct json_writer *out, const struct receivable *row)
{
    if (!row || plan_parts_total(&row->waived) == 0)
        return;
    json_begin(out, "waived", '{');
    json_put_int(out, "principal", row->waived.principal);
    json_put_int(out, "interest", row->waived.interest);
    json_put_int(out, "fees", row->waived.fees);
    json_put_int(out, "tax", row->waived.tax);
    json_end(out, '}');
}

static void put_row(struct json_writer *out, struct arena *arena, const struct plan_row *row, int number, const struct account *account)
{
    json_begin(out, NULL, '{');
    json_put_int(out, "number", number);
    plan_write_date(out, "due_date", row->due_date);
    json_put_int(out, "days", row->days);
    json_put_bool(out, "rests", row->rests);
    json_put_text(out, "rate", arena_printf(arena, "%lld/%lld", (long long)row->rate.numerator, (long long)row->rate.denominator));
    json_put_int(out, "accrued", row->accrued);
    json_put_int(out, "brought", row->brought);
    json_put_int(out, "brought_fees", row->brought_fees);
    json_put_int(out, "brought_tax", row->brought_tax);
    json_put_int(out, "opening_balance", row->opening_balance);
    json_put_int(out, "principal", row->principal);
    json_put_int(out, "interest", row->interest);
    json_put_int(out, "fees", row->fees);
    json_put_int(out, "tax", row->tax);
    put_waived(out, account ? account_row(account, number) : NULL);
    json_end(out, '}');
}

struct slice contract_plan_write(struct arena *arena, const struct contract_plan *plan)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    put_terms(&out, &plan->terms);
    json_begin(&out, "rows", '[');
    for (size_t i = 0; i < plan->row_count; i++)
        put_row(&out, arena, &plan->rows[i], plan->numbers[i], plan->account);
    json_end(&out, ']');
    json_end(&out, '}');
    return json_done(&out);
}

/* ---- Reading --------------------------------------------------------------------------------------------------------------------------------- */

static bool read_date(const cJSON *object, const char *name, int32_t *out)
{
    return date_parse(json_member_text(object, name), out);
}

/* Those its rows were laid by; before there were any, and of plans without closed days, those of the sale. */
static bool read_closures(struct arena *arena, const cJSON *in, struct plan_terms *terms)
{
    const cJSON *closures = json_member(in, "closures");
    if (!closures || !terms->closed)
        return true;
    struct closed_days *closed = ARENA_NEW(arena, struct closed_days);
    *closed = *terms->closed;
    terms->closed = closed;
    return closures_read(arena, closures, SLICE_NONE, closed);
}

static bool read_terms(struct arena *arena, const cJSON *kept, struct plan_terms *terms)
{
    const cJSON *in = json_member(kept, "terms");
    terms->installments = (int)json_member_int64(in, "installments", 0);
    terms->frequency.every = (int)json_member_int64(in, "every", 0);
    terms->frequency.days[0] = (int)json_member_int64(in, "day", 0);
    terms->frequency.days[1] = (int)json_member_int64(in, "other_day", 0);
    terms->balloon = json_member_int64(in, "balloon", 0);
    terms->has_first_due_date = json_member(in, "first_due_date") != NULL;
    return read_closures(arena, in, terms) && plan_method_parse(json_member_text(in, "method"), &terms->method) && plan_unit_parse(json_member_text(in, "unit"), &terms->frequency.unit) &&
           decimal_parse(json_member_text(in, "annual_rate"), PLAN_RATE_SCALE_MAX, &terms->annual_rate) &&
           read_date(in, "start_date", &terms->start_date) && (!terms->has_first_due_date || read_date(in, "first_due_date", &terms->first_due_date));
}

static bool read_rate(struct slice text, struct plan_rate *out)
{
    struct slice rest;
    return slice_to_int64(slice_cut(text, '/', &rest), &out->numerator) && slice_to_int64(rest, &out->denominator) && out->numerator >= 0 &&
           out->denominator > 0;
}

static void read_waived(const cJSON *in, struct plan_parts *out)
{
    *out = (struct plan_parts){ json_member_int64(in, "principal", 0), json_member_int64(in, "interest", 0), json_member_int64(in, "fees", 0),
                                json_member_int64(in, "tax", 0) };
}

static bool read_row(const cJSON *in, struct plan_row *row, int *number)
{
    *number = (int)json_member_int64(in, "number", -1);
    row->days = (int)json_member_int64(in, "days", -1);
    row->rests = cJSON_IsTrue(json_member(in, "rests"));
    row->accrued = json_member_int64(in, "accrued", -1);
    row->brought = json_member_int64(in, "brought", -1);
    row->brought_fees = json_member_int64(in, "brought_fees", 0);   /* none were kept of it before */
    row->brought_tax = json_member_int64(in, "brought_tax", 0);
    row->opening_balance = json_member_int64(in, "opening_balance", -1);
    row->principal = json_member_int64(in, "principal", -1);
    row->interest = json_member_int64(in, "interest", -1);
    row->fees = json_member_int64(in, "fees", -1);
    row->tax = json_member_int64(in, "tax", -1);
    row->total = row->principal + row->interest + row->fees + row->tax;
    row->closing_balance = row->opening_balance - row->principal;
    return *number >= 0 && read_date(in, "due_date", &row->due_date) && read_rate(json_member_text(in, "rate"), &row->rate);
}

static struct contract_plan *plan_of_rows(struct work *w, size_t count)
{
    struct contract_plan *plan = ARENA_NEW(w->arena, struct contract_plan);
    plan->rows = ARENA_ARRAY(w->arena, struct plan_row, count);
    plan->numbers = ARENA_ARRAY(w->arena, int, count);
    plan->waived = ARENA_ARRAY(w->arena, struct plan_parts, count);
    plan->row_count = count;
    return plan;
}

static const struct contract_plan *read_kept(struct work *w, const struct plan_terms *agreed, struct slice kept)
{
    const cJSON *in = json_parse(w->arena, kept, NULL, NULL), *rows = json_member(in, "rows");
    size_t count = 0;
    for (const cJSON *row = rows ? rows->child : NULL; row; row = row->next)
        count++;
    struct contract_plan *plan = plan_of_rows(w, count);
    plan->terms = *agreed;
    if (!rows || !read_terms(w->arena, in, &plan->terms))
        return broken(w, "terms");
    size_t at = 0;
    for (const cJSON *row = rows->child; row; row = row->next, at++) {
        plan->rows[at].number = (int)at + 1;
        if (!read_row(row, &plan->rows[at], &plan->numbers[at]))
            return broken(w, "rows");
        read_waived(json_member(row, "waived"), &plan->waived[at]);
    }
    return plan;
}

/* For rows to come: the calendar's days and the closures of now. */
static const struct closed_days *closed_now(struct arena *arena, const struct closed_days *sold, struct slice closures)
{
    if (!sold || !sold->calendar || slice_is_none(closures))
        return NULL;
    struct closed_days *closed = ARENA_NEW(arena, struct closed_days);
    *closed = *sold;
    return closures_read(arena, json_parse(arena, closures, NULL, NULL), calendar_code(sold->calendar), closed) ? closed : NULL;
}

const struct contract_plan *contract_plan_read(struct work *w, struct slice terms, struct slice kept, struct slice closures)
{
    struct simulate_in *in = ARENA_NEW(w->arena, struct simulate_in);
    struct plan_terms agreed;
    struct plan_schedule schedule;
    struct decoder d = decoder_new(w);
    const cJSON *json = json_parse(w->arena, terms, NULL, NULL);
    if (!json)
        return broken(w, "no terms");
    read_simulate_body(&d, json, in);
    if (work_failed(w) || !simulation_terms(w, "", in, &agreed) || !simulation_build(w, "", &agreed, &schedule))
        return broken(w, "the terms of the sale");
    agreed.closed_now = closed_now(w->arena, agreed.closed, closures);
    if (!slice_is_none(kept))
        return read_kept(w, &agreed, kept);
    struct contract_plan *plan = plan_of_rows(w, schedule.row_count);
    plan->terms = agreed;
    for (size_t i = 0; i < schedule.row_count; i++) {
        plan->rows[i] = schedule.rows[i];
        plan->numbers[i] = schedule.rows[i].number;
    }
    return plan;
}

struct plan_in_force contract_plan_in_force(const struct contract_plan *plan, const int64_t *paid, int32_t date)
{
    const int32_t begins = plan->row_count > 0 ? plan->rows[0].due_date - plan->rows[0].days : date;
    return (struct plan_in_force){ &plan->terms, plan->rows, plan->row_count, paid, begins > date ? begins : date };
}

/* ---- The account ------------------------------------------------------------------------------------------------------------------------------ */

/* Changes are about the sale: what being late costs is billing's alone, and stands beside its total and what was paid. */
static bool read_receivable(const cJSON *in, struct receivable *out)
{
    const struct slice status = json_member_text(in, "status");
    const int64_t penalty = json_member_int64(in, "penalty", 0), paid_penalty = json_member_int64(in, "paid_penalty", 0);
    *out = (struct receivable){
        .number = (int)json_member_int64(in, "number", -1), .total = json_member_int64(in, "total", -1) - penalty,
        .paid = json_member_int64(in, "paid", -1) - paid_penalty, .penalty = penalty, .paid_penalty = paid_penalty,
        .parts = { json_member_int64(in, "principal", -1), json_member_int64(in, "interest", -1), json_member_int64(in, "fees", -1),
                   json_member_int64(in, "tax", -1) } };
    out->replaced = out->total == 0 && (penalty > 0 || slice_equals_text(status, "rescheduled") || slice_equals_text(status, "written_off") ||
                                        slice_equals_text(status, "canceled"));
    return out->number >= 0 && out->paid >= 0 && read_date(in, "due_date", &out->due_date);
}

static int64_t *part_of(struct plan_parts *parts, struct slice name)
{
    return slice_equals_text(name, "principal") ? &parts->principal : slice_equals_text(name, "interest") ? &parts->interest
           : slice_equals_text(name, "fees") ? &parts->fees : slice_equals_text(name, "tax") ? &parts->tax : NULL;
}

static void read_waivers(struct account *account, const cJSON *waived)
{
    for (const cJSON *each = waived ? waived->child : NULL; each; each = each->next)
        for (size_t i = 0; i < account->row_count; i++) {
            int64_t *part = account->rows[i].number == (int)json_member_int64(each, "number", -1) ? part_of(&account->rows[i].waived, json_member_text(each, "part")) : NULL;
            if (part)
                *part = json_member_int64(each, "amount", 0);
        }
}

/* Balances and days stand in the schedule only. */
static void read_balances(struct account *account, const cJSON *schedule)
{
    for (const cJSON *row = schedule ? schedule->child : NULL; row; row = row->next)
        for (size_t i = 0; i < account->row_count; i++)
            if (account->rows[i].number == (int)json_member_int64(row, "number", -1)) {
                account->rows[i].opening_balance = json_member_int64(row, "opening_balance", 0);
                account->rows[i].days = (int)json_member_int64(row, "days", 0);
            }
}

const struct account *account_read(struct work *w, struct slice answer, struct slice schedule)
{
    const cJSON *in = json_parse(w->arena, answer, NULL, NULL), *rows = json_member(in, "installments");
    struct account *account = ARENA_NEW(w->arena, struct account);
    *account = (struct account){ .revision = json_member_text(in, "account_revision"), .status = json_member_text(in, "status"),
                                 .payment_in_progress = cJSON_IsTrue(json_member(in, "payment_in_progress")),
                                 .total = json_member_int64(in, "total", -1), .paid = json_member_int64(in, "paid", -1) };
    for (const cJSON *row = rows ? rows->child : NULL; row; row = row->next)
        account->row_count++;
    account->rows = ARENA_ARRAY(w->arena, struct receivable, account->row_count);
    size_t at = 0;
    bool read = !slice_is_none(account->revision) && account->row_count > 0;
    for (const cJSON *row = rows ? rows->child : NULL; row; row = row->next, at++) {
        read = read_receivable(row, &account->rows[at]) && read;
        account->total -= account->rows[at].penalty;
        account->paid -= account->rows[at].paid_penalty;
        account->late += account->rows[at].penalty - account->rows[at].paid_penalty;
        account->highest = account->rows[at].number > account->highest ? account->rows[at].number : account->highest;
    }
    if (!read) {
        log_error("billing's answer is not an account", LOG_INT("rows", (int64_t)account->row_count));
        return work_fail(w, &PROBLEM_unavailable, "billing gave no usable answer");
    }
    read_waivers(account, json_member(in, "waived"));
    read_balances(account, json_parse(w->arena, schedule, NULL, NULL));
    return account;
}

const struct receivable *account_row(const struct account *account, int number)
{
    for (size_t i = 0; i < account->row_count; i++)
        if (account->rows[i].number == number)
            return &account->rows[i];
    return NULL;
}

const int64_t *account_paid(struct work *w, const struct account *account, const struct contract_plan *plan)
{
    int64_t *paid = ARENA_ARRAY(w->arena, int64_t, plan->row_count);
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct receivable *row = account_row(account, plan->numbers[i]);
        const struct plan_row *agreed = &plan->rows[i];
        if (!row || row->due_date != agreed->due_date || row->parts.principal != agreed->principal || row->parts.interest != agreed->interest ||
            row->parts.fees != agreed->fees || row->parts.tax != agreed->tax) {
            log_warn("plan and account do not agree", LOG_INT("number", plan->numbers[i]));   /* billing has applied a change that is not in force here yet */
            return work_fail(w, &PROBLEM_change_in_progress, "another change is being applied");
        }
        paid[i] = row->paid;
    }
    return paid;
}
