/* Writes terms and schedules as JSON in the words of the contract. Pure; results live in the arena. */
#include "plan_json.h"

#include "base/date.h"
#include "closures.h"
#include "plan_dates.h"

void plan_write_decimal(struct json_writer *out, const char *name, struct decimal value)
{
    const int64_t unit = plan_power_of_ten(value.scale);
    char text[2 * DIGITS_INT_MAX + 1], *at = digits_put_int(text, value.digits / unit);
    if (value.scale) {   /* the one put before the decimals keeps their zeros, and gives its place to the point */
        char *point = at;
        at = digits_put_int(at, unit + value.digits % unit);
        *point = '.';
    }
    json_put_text(out, name, slice_of(text, (size_t)(at - text)));
}

void plan_write_frequency(struct json_writer *out, const char *name, const struct plan_frequency *frequency)
{
    json_begin(out, name, '{');
    json_put_text(out, "unit", plan_unit_name(frequency->unit));
    json_put_int(out, "every", frequency->every);
    if (frequency->unit == PLAN_SEMIMONTH) {
        json_begin(out, "days", '[');
        json_put_int(out, NULL, frequency->days[0]);
        json_put_int(out, NULL, frequency->days[1]);
        json_end(out, ']');
    }
    json_end(out, '}');
}

static void put_deposit(struct json_writer *out, const struct plan_deposit *deposit)
{
    if (deposit->type == PLAN_DEPOSIT_NONE)
        return;
    json_begin(out, "deposit", '{');
    json_put_text(out, "type", deposit->type == PLAN_DEPOSIT_FIXED ? SLICE("fixed") : SLICE("percent"));
    if (deposit->type == PLAN_DEPOSIT_FIXED)
        json_put_int(out, "amount", deposit->amount);
    else
        plan_write_decimal(out, "value", deposit->share);
    json_end(out, '}');
}

static void put_grace(struct json_writer *out, const struct plan_grace *grace)
{
    if (!grace->principal && !grace->interest)
        return;
    json_begin(out, "grace", '{');
    json_put_int(out, "principal", grace->principal);
    json_put_int(out, "interest", grace->interest);
    json_put_text(out, "unpaid_interest", grace->interest_carried ? SLICE("carried") : SLICE("free"));
    json_end(out, '}');
}

static void put_fees(struct json_writer *out, const struct plan_terms *terms)
{
    json_begin(out, "fees", '[');
    for (size_t i = 0; i < terms->fee_count; i++) {
        const struct plan_fee *fee = &terms->fees[i];
        json_begin(out, NULL, '{');
        json_put_text(out, "code", fee->code);
        json_put_text(out, "type", fee->percent ? SLICE("percent") : SLICE("fixed"));
        if (fee->percent)
            plan_write_decimal(out, "value", fee->share);
        else
            json_put_int(out, "amount", fee->amount);
        json_put_text(out, "charged", plan_fee_charged_name(fee->charged));
        json_end(out, '}');
    }
    json_end(out, ']');
}

static void put_custom_rows(struct json_writer *out, const struct plan_terms *terms)
{
    json_begin(out, "rows", '[');
    for (int i = 0; i < terms->installments; i++) {
        const struct plan_custom_row *row = &terms->rows[i];
        json_begin(out, NULL, '{');
        plan_write_date(out, "due_date", row->due_date);
        if (row->percent)
            plan_write_decimal(out, "percent", row->share);
        else
            json_put_int(out, "amount", row->amount);
        json_end(out, '}');
    }
    json_end(out, ']');
}

static void put_rounding(struct json_writer *out, const struct plan_rounding *rounding)
{
    json_begin(out, "rounding", '{');
    json_put_text(out, "mode", plan_rounding_mode_name(rounding->mode));
    json_put_int(out, "unit", rounding->unit);
    json_put_text(out, "residual", plan_residual_name(rounding->residual));
    if (rounding->carry == PLAN_CARRY_UNROUNDED)
        json_put_text(out, "carry", plan_carry_name(rounding->carry));
    json_end(out, '}');
}

static void put_due_dates(struct json_writer *out, const struct plan_terms *terms)
{
    json_begin(out, "due_dates", '{');
    json_put_text(out, "month_end", terms->end_of_month ? SLICE("end_of_month") : SLICE("clip"));
    json_put_text(out, "business_day", business_day_name(terms->business_day));
    if (terms->closed && terms->closed->calendar)
        json_put_text(out, "calendar", calendar_code(terms->closed->calendar));
    if (terms->closed && (terms->closed->calendar || terms->closed->extra_count))   /* none, too, or those of another day would be taken */
        closures_write(out, "closures", terms->closed);
    json_end(out, '}');
}

/* What most plans do not have. */
static void put_extras(struct json_writer *out, const struct plan_terms *terms)
{
    put_grace(out, &terms->grace);
    if (terms->fee_count)
        put_fees(out, terms);
    if (terms->tax_on_interest.digits)
        plan_write_decimal(out, "tax_rate_on_interest", terms->tax_on_interest);
    if (terms->tax_on_fees.digits)
        plan_write_decimal(out, "tax_rate_on_fees", terms->tax_on_fees);
    if (terms->method == PLAN_BALLOON)
        json_put_int(out, "balloon", terms->balloon);
    if (terms->method == PLAN_CUSTOM)
        put_custom_rows(out, terms);
    if (terms->end_of_month || terms->business_day != BUSINESS_DAY_NONE)
        put_due_dates(out, terms);
}

void plan_write_terms(struct json_writer *out, const char *name, const struct plan_terms *terms, struct slice currency)
{
    json_begin(out, name, '{');
    json_put_text(out, "currency", currency);
    json_put_int(out, "principal", terms->principal);
    json_put_text(out, "method", plan_method_name(terms->method));
    plan_write_decimal(out, "annual_rate", terms->annual_rate);
    json_put_int(out, "installments", terms->installments);
    plan_write_frequency(out, "frequency", &terms->frequency);
    plan_write_date(out, "start_date", terms->start_date);
    if (terms->has_first_due_date)
        plan_write_date(out, "first_due_date", terms->first_due_date);
    json_put_text(out, "day_count", plan_day_count_name(terms->day_count));
    put_deposit(out, &terms->deposit);
    put_extras(out, terms);
    put_rounding(out, &terms->rounding);
    json_end(out, '}');
}

static void put_row(struct json_writer *out, const struct plan_row *row)
{
    json_begin(out, NULL, '{');
    json_put_int(out, "number", row->number);
    plan_write_date(out, "due_date", row->due_date);
    json_put_int(out, "days", row->days);
    json_put_int(out, "opening_balance", row->opening_balance);
    json_put_int(out, "principal", row->principal);
    json_put_int(out, "interest", row->interest);
    json_put_int(out, "fees", row->fees);
    json_put_int(out, "tax", row->tax);
    json_put_int(out, "total", row->total);
    json_put_int(out, "closing_balance", row->closing_balance);
    json_end(out, '}');
}

void plan_write_rows(struct json_writer *out, const char *name, const struct plan_terms *terms, const struct plan_schedule *schedule,
                     bool with_deposit)
{
    const struct plan_row deposit = { .due_date = terms->start_date, .opening_balance = schedule->amount_financed + schedule->deposit,
                                      .principal = schedule->deposit, .fees = schedule->upfront_fees, .tax = schedule->upfront_tax,
                                      .total = schedule->deposit + schedule->upfront_fees + schedule->upfront_tax,
                                      .closing_balance = schedule->amount_financed };
    json_begin(out, name, '[');
    if (with_deposit && deposit.total > 0)
        put_row(out, &deposit);
    for (size_t i = 0; i < schedule->row_count; i++)
        put_row(out, &schedule->rows[i]);
    json_end(out, ']');
}

struct slice plan_rate_text(const char rate[PLAN_RATE_TEXT])
{
    return rate[0] ? slice_from_text(rate) : SLICE_NONE;
}

void plan_write_totals(struct json_writer *out, const char *name, const struct plan_totals *totals)
{
    json_begin(out, name, '{');
    json_put_int(out, "principal", totals->principal);
    json_put_int(out, "interest", totals->interest);
    json_put_int(out, "fees", totals->fees);
    json_put_int(out, "tax", totals->tax);
    json_put_int(out, "total", totals->total);
    json_end(out, '}');
}

struct slice plan_schedule_json(struct arena *arena, const struct plan_terms *terms, const struct plan_schedule *schedule,
                                struct slice currency, bool explain)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "currency", currency);
    json_put_int(&out, "deposit", schedule->deposit);
    json_begin(&out, "upfront", '{');
    json_put_int(&out, "fees", schedule->upfront_fees);
    json_put_int(&out, "tax", schedule->upfront_tax);
    json_end(&out, '}');
    json_put_int(&out, "amount_financed", schedule->amount_financed);
    plan_write_rows(&out, "installments", terms, schedule, false);
    plan_write_totals(&out, "totals", &schedule->totals);
    json_put_int(&out, "total_payable", plan_total_payable(schedule));
    json_put_text(&out, "apr_nominal", plan_rate_text(schedule->apr_nominal));
    json_put_text(&out, "effective_annual_rate", plan_rate_text(schedule->effective_annual_rate));
    if (explain)
        plan_write_explanation(&out, terms, schedule);
    json_end(&out, '}');
    return json_done(&out);
}
