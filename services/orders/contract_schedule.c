/* See contract_schedule.h. The plan comes in the words of POST /v1/simulations; a word of it that is not known is written as it is. Pure. */
#include "contract_schedule.h"

#include "plan.h"
#include "wire/json.h"

static const int units_a_year[] = { [PLAN_DAY] = 365, [PLAN_WEEK] = 52, [PLAN_SEMIMONTH] = 24, [PLAN_MONTH] = 12 };

static enum plan_unit unit_of(const cJSON *plan)
{
    enum plan_unit unit = PLAN_MONTH;
    plan_unit_parse(json_member_text(json_member(plan, "frequency"), "unit"), &unit);
    return unit;
}

static int64_t every_of(const cJSON *plan)
{
    return json_member_int64(json_member(plan, "frequency"), "every", 1);
}

static enum plan_method method_of(const cJSON *plan)
{
    enum plan_method method = PLAN_CUSTOM;
    plan_method_parse(json_member_text(plan, "method"), &method);
    return method;
}

static void end_row(struct md_writer *out)
{
    MD_TEXT(out, " |\n");
}

static void put_rate_row(struct md_writer *out, enum contract_word word, struct slice fraction)
{
    md_put_row(out, word);
    if (slice_is_none(fraction))
        md_put_word(out, WORD_not_stated);
    else
        md_put_percent(out, fraction);
    end_row(out);
}

static void put_money_row(struct md_writer *out, enum contract_word word, int64_t amount)
{
    md_put_row(out, word);
    md_put_money(out, amount);
    end_row(out);
}

static void put_frequency_row(struct md_writer *out, const cJSON *plan)
{
    const enum plan_unit unit = unit_of(plan);
    const int64_t every = every_of(plan);
    md_put_row(out, WORD_frequency);
    if (every == 1) {
        md_put_word(out, contract_word_at(WORD_every_day, (int)unit));
    } else {
        md_put_word(out, WORD_every);
        MD_TEXT(out, " ");
        md_put_int(out, every);
        MD_TEXT(out, " ");
        md_put_word(out, contract_word_at(WORD_days, (int)unit));
    }
    end_row(out);
}

static void put_grace_rows(struct md_writer *out, const cJSON *plan)
{
    const cJSON *grace = json_member(plan, "grace");
    const int64_t principal = json_member_int64(grace, "principal", 0), interest = json_member_int64(grace, "interest", 0);
    if (principal > 0) {
        md_put_row(out, WORD_grace_principal);
        md_put_int(out, principal);
        end_row(out);
    }
    if (interest > 0) {
        md_put_row(out, WORD_grace_interest);
        md_put_int(out, interest);
        MD_TEXT(out, "; ");
        md_put_word(out, slice_equals_text(json_member_text(grace, "unpaid_interest"), "free") ? WORD_grace_free : WORD_grace_carried);
        end_row(out);
    }
}

static void put_fee_rows(struct md_writer *out, const cJSON *plan)
{
    const cJSON *fees = json_member(plan, "fees");
    for (const cJSON *fee = fees ? fees->child : NULL; fee; fee = fee->next) {
        enum plan_fee_charged charged = PLAN_FEE_EACH;
        plan_fee_charged_parse(json_member_text(fee, "charged"), &charged);
        MD_TEXT(out, "| ");
        md_put_word(out, WORD_fee);
        MD_TEXT(out, " ");
        md_put_escaped(out, json_member_text(fee, "code"));
        MD_TEXT(out, " | ");
        if (slice_equals_text(json_member_text(fee, "type"), "percent"))
            md_put_percent(out, json_member_text(fee, "value"));
        else
            md_put_money(out, json_member_int64(fee, "amount", 0));
        MD_TEXT(out, ", ");
        md_put_word(out, contract_word_at(WORD_fee_upfront, (int)charged));
        end_row(out);
    }
}

/* What most plans have none of. */
static void put_extra_rows(struct md_writer *out, const cJSON *plan)
{
    const int64_t balloon = json_member_int64(plan, "balloon", 0);
    const struct slice tax_on_interest = json_member_text(plan, "tax_rate_on_interest"), tax_on_fees = json_member_text(plan, "tax_rate_on_fees");
    put_grace_rows(out, plan);
    if (balloon > 0)
        put_money_row(out, WORD_balloon, balloon);
    put_fee_rows(out, plan);
    if (!slice_is_none(tax_on_interest))
        put_rate_row(out, WORD_tax_on_interest, tax_on_interest);
    if (!slice_is_none(tax_on_fees))
        put_rate_row(out, WORD_tax_on_fees, tax_on_fees);
}

void contract_put_financing(struct md_writer *out, const struct contract_facts *facts, const cJSON *plan)
{
    md_put_heading(out, WORD_financing);
    md_put_row(out, WORD_concept);
    md_put_word(out, WORD_value);
    MD_TEXT(out, " |\n|---|---:|\n");
    put_money_row(out, WORD_cash_price, facts->goods_total);
    put_money_row(out, WORD_deposit, facts->deposit);
    put_money_row(out, WORD_amount_financed, facts->amount_financed);
    md_put_row(out, WORD_installments);
    md_put_int(out, json_member_int64(plan, "installments", 0));
    end_row(out);
    put_frequency_row(out, plan);
    md_put_row(out, WORD_method);
    md_put_word(out, contract_word_at(WORD_name_annuity, (int)method_of(plan)));
    end_row(out);
    put_rate_row(out, WORD_annual_rate, json_member_text(plan, "annual_rate"));
    put_extra_rows(out, plan);
    put_rate_row(out, WORD_apr_nominal, facts->apr_nominal);
    put_rate_row(out, WORD_effective, facts->effective_annual_rate);
    if (!slice_is_none(facts->legal_rate))
        put_rate_row(out, facts->legal_is_nominal ? WORD_legal_nominal : WORD_legal_effective, facts->legal_rate);
    put_money_row(out, WORD_cost, facts->total_payable - facts->goods_total);
    put_money_row(out, WORD_total_payable, facts->total_payable);
}

static void put_interest_rule(struct md_writer *out, const cJSON *plan, const cJSON *rounding)
{
    enum rounding mode = ROUND_HALF_EVEN;
    enum plan_day_count count = PLAN_PERIOD;
    plan_rounding_mode_parse(json_member_text(rounding, "mode"), &mode);
    plan_day_count_parse(json_member_text(plan, "day_count"), &count);
    MD_TEXT(out, "\n");
    md_put_word(out, WORD_interest_rule);
    MD_TEXT(out, " (");
    md_put_word(out, contract_word_at(WORD_round_half_even, (int)mode));
    MD_TEXT(out, "). ");
    md_put_word(out, contract_word_at(WORD_count_period, (int)count));
    if (count == PLAN_PERIOD) {
        MD_TEXT(out, " ");
        md_put_int(out, every_of(plan));
        MD_TEXT(out, "/");
        md_put_int(out, units_a_year[unit_of(plan)]);
        MD_TEXT(out, ".");
    }
    MD_TEXT(out, "\n");
}

void contract_put_calculation(struct md_writer *out, const cJSON *plan)
{
    const cJSON *rounding = json_member(plan, "rounding");
    const int64_t unit = json_member_int64(rounding, "unit", 1);
    md_put_heading(out, WORD_calculation);
    md_put_word(out, contract_word_at(WORD_how_annuity, (int)method_of(plan)));
    MD_TEXT(out, "\n");
    if (method_of(plan) != PLAN_INTEREST_FREE)
        put_interest_rule(out, plan, rounding);
    MD_TEXT(out, "\n");
    if (unit > 1) {
        md_put_word(out, WORD_multiples);
        MD_TEXT(out, " ");
        md_put_money(out, unit);
        MD_TEXT(out, ". ");
    }
    md_put_word(out, slice_equals_text(json_member_text(rounding, "residual"), "first") ? WORD_residual_first : WORD_residual_last);
    MD_TEXT(out, "\n");
}

/* A column of the schedule: its heading, and the member it shows. Those that are optional are there when any row has more than 0. */
struct column {
    enum contract_word heading;
    const char *member;
    bool optional, summed;
};

#define COLUMNS 7
static const struct column columns[COLUMNS] = {
    { WORD_opening, "opening_balance", false, false }, { WORD_principal, "principal", false, true }, { WORD_interest, "interest", false, true },
    { WORD_fees, "fees", true, true },                 { WORD_tax, "tax", true, true },               { WORD_total, "total", false, true },
    { WORD_closing, "closing_balance", false, false },
};

static void put_schedule_head(struct md_writer *out, const bool shown[COLUMNS])
{
    md_put_row(out, WORD_number);
    md_put_word(out, WORD_due_date);
    for (size_t i = 0; i < COLUMNS; i++)
        if (shown[i]) {
            MD_TEXT(out, " | ");
            md_put_word(out, columns[i].heading);
        }
    MD_TEXT(out, " |\n|---:|---|");
    for (size_t i = 0; i < COLUMNS; i++)
        if (shown[i])
            MD_TEXT(out, "---:|");
    MD_TEXT(out, "\n");
}

static void put_schedule_row(struct md_writer *out, const bool shown[COLUMNS], const cJSON *row)
{
    MD_TEXT(out, "| ");
    md_put_int(out, json_member_int64(row, "number", 0));
    MD_TEXT(out, " | ");
    md_put_date(out, json_member_text(row, "due_date"));
    for (size_t i = 0; i < COLUMNS; i++)
        if (shown[i]) {
            MD_TEXT(out, " | ");
            md_put_number(out, json_member_int64(row, columns[i].member, 0));
        }
    end_row(out);
}

void contract_put_schedule(struct md_writer *out, const cJSON *rows)
{
    int64_t sums[COLUMNS] = { 0 };
    bool shown[COLUMNS];
    for (const cJSON *row = rows->child; row; row = row->next)
        for (size_t i = 0; i < COLUMNS; i++)
            sums[i] += columns[i].summed ? json_member_int64(row, columns[i].member, 0) : 0;
    for (size_t i = 0; i < COLUMNS; i++)
        shown[i] = !columns[i].optional || sums[i] > 0;
    md_put_heading(out, WORD_schedule);
    put_schedule_head(out, shown);
    for (const cJSON *row = rows->child; row; row = row->next)
        put_schedule_row(out, shown, row);
    md_put_row(out, WORD_sum);
    for (size_t i = 0; i < COLUMNS; i++)
        if (shown[i]) {
            MD_TEXT(out, " | ");
            if (columns[i].summed)
                md_put_number(out, sums[i]);
        }
    MD_TEXT(out, " |\n\n");
    md_put_word(out, WORD_number_zero);
    MD_TEXT(out, " ");
    md_put(out, out->currency);
    MD_TEXT(out, ".\n");
}
