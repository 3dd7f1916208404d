/* How each row of a schedule came to be, for the seller to hand to the buyer (Colombia, Decreto 1074 de 2015, 2.2.2.35): what interest ran on,
 * for how long, and what each rounding did. Exact figures are computed again beside the schedule, with 8 decimals of a minor unit. Pure. */
#include "plan_json.h"

#include "base/digits.h"
#include "plan_dates.h"
#include "plan_factor.h"
#include "plan_rows.h"

#define DECIMALS 100000000

/* Minor units in 10^-8. */
typedef __int128 exact;

static exact exact_of(int64_t units)
{
    return (exact)units * DECIMALS;
}

/* numerator / denominator x 10^8, to the nearest. */
static exact exact_ratio(__int128 numerator, __int128 denominator)
{
    const __int128 whole = numerator / denominator, rest = numerator % denominator;
    return whole * DECIMALS + (rest * DECIMALS + denominator / 2) / denominator;
}

static exact exact_wide(struct wide value)
{
    const struct wide scaled = wide_scale(wide_subtract(value, wide_from_int(value.limb[WIDE_LIMBS - 1])), DECIMALS, 1);
    return exact_of((int64_t)value.limb[WIDE_LIMBS - 1]) +
           (exact)wide_round(scaled.limb[WIDE_LIMBS - 1], scaled.limb[WIDE_LIMBS - 2], ROUND_HALF_UP);
}

static void put_exact(struct json_writer *out, const char *name, exact value)
{
    char text[2 * DIGITS_INT_MAX + 2], *at = text;
    const exact magnitude = value < 0 ? -value : value;
    if (value < 0)
        *at++ = '-';
    at = digits_put_int(at, (int64_t)(magnitude / DECIMALS));
    char *point = at;   /* the one before the decimals keeps their zeros and gives its place to the point */
    at = digits_put_int(at, DECIMALS + (int64_t)(magnitude % DECIMALS));
    *point = '.';
    json_put_text(out, name, slice_of(text, (size_t)(at - text)));
}

/* What a plan's rows have in common. */
struct common {
    const struct plan_terms *terms;
    const struct plan_schedule *schedule;
    bool has_level;
    exact level;               /* before its rounding */
    int64_t level_rounded;
    exact add_on;              /* flat: interest of each row that owes any */
};

static bool is_level_payment(enum plan_method method)
{
    return method == PLAN_ANNUITY || method == PLAN_BALLOON;
}

static bool is_unrounded(const struct common *of)
{
    return of->terms->rounding.carry == PLAN_CARRY_UNROUNDED;
}

static void add_level(struct common *of)
{
    const struct plan_terms *terms = of->terms;
    const struct plan_schedule *schedule = of->schedule;
    const struct plan_factor factor =
        plan_factor_of(schedule->rows, schedule->row_count, (size_t)terms->grace.principal, schedule->amount_financed, terms->balloon);
    const struct wide value = plan_factor_value(&factor, schedule->amount_financed, terms->balloon);
    of->level = exact_wide(wide_quotient(value, factor.sum));
    if (!plan_factor_payment(&factor, value, &terms->rounding, &of->level_rounded))
        __builtin_trap();   /* it was built */
}

/* Interest of the whole term on what was financed, in equal parts; and with it a level total, of interest rounded once. */
static void add_add_on(struct common *of)
{
    const struct plan_schedule *schedule = of->schedule;
    const struct plan_rounding *rounding = &of->terms->rounding;
    const int64_t paying = (int64_t)schedule->row_count - of->terms->grace.interest, repaying = (int64_t)schedule->row_count - of->terms->grace.principal;
    int64_t denominator;
    const __int128 sum = plan_add_on_rate(schedule, &denominator);
    of->add_on = exact_ratio(schedule->amount_financed * sum, (__int128)denominator * paying);
    of->level = exact_ratio(schedule->amount_financed, repaying) + of->add_on;
    const __int128 total = (__int128)schedule->amount_financed * paying + (__int128)schedule->totals.interest * repaying;
    of->level_rounded = money_divide(total, (__int128)paying * repaying * rounding->unit, rounding->mode) * rounding->unit;
}

static void add_equal(struct common *of)
{
    const struct plan_rounding *rounding = &of->terms->rounding;
    const int64_t rows = (int64_t)of->schedule->row_count - of->terms->grace.principal;
    of->level = exact_ratio(of->schedule->amount_financed, rows);
    of->level_rounded = money_divide(of->schedule->amount_financed, (__int128)rows * rounding->unit, rounding->mode) * rounding->unit;
}

static struct common common_of(const struct plan_terms *terms, const struct plan_schedule *schedule)
{
    struct common of = { .terms = terms, .schedule = schedule, .has_level = true };
    switch (terms->method) {
    case PLAN_ANNUITY:
    case PLAN_BALLOON:
        add_level(&of);
        break;
    case PLAN_FLAT:
        add_add_on(&of);
        break;
    case PLAN_EQUAL_PRINCIPAL:
    case PLAN_INTEREST_FREE:
        add_equal(&of);
        break;
    case PLAN_INTEREST_ONLY:
    case PLAN_CUSTOM:
        of.has_level = false;
        break;
    }
    return of;
}

/* The part of a row that is level in its method. */
static int64_t level_part(const struct common *of, size_t i)
{
    const struct plan_row *row = &of->schedule->rows[i];
    const enum plan_method method = of->terms->method;
    const int64_t balloon = i + 1 == of->schedule->row_count ? of->terms->balloon : 0;
    return method == PLAN_EQUAL_PRINCIPAL || method == PLAN_INTEREST_FREE ? row->principal : row->principal + row->accrued - balloon;
}

/* A custom row's share of the amount financed is what is rounded there. */
static void put_share(struct json_writer *out, const struct common *of, size_t i)
{
    const struct plan_custom_row *row = &of->terms->rows[i];
    const int64_t financed = of->schedule->amount_financed;
    const exact unrounded = exact_ratio((__int128)financed * row->share.digits, plan_power_of_ten(row->share.scale));
    const int64_t rounded = plan_custom_principal(of->terms, row, financed);
    put_exact(out, "level_unrounded", unrounded);
    put_exact(out, "level_rounding", exact_of(rounded) - unrounded);
    json_put_int(out, "residual", is_unrounded(of) ? 0 : of->schedule->rows[i].principal - rounded);
}

static void put_level(struct json_writer *out, const struct common *of, size_t i)
{
    if (of->terms->method == PLAN_CUSTOM && of->terms->rows[i].percent) {
        put_share(out, of, i);
        return;
    }
    const bool rests = is_level_payment(of->terms->method) ? of->schedule->rows[i].rests : (int)i < of->terms->grace.principal;
    const bool here = of->has_level && !rests;
    if (here) {
        put_exact(out, "level_unrounded", of->level);
        put_exact(out, "level_rounding", exact_of(of->level_rounded) - of->level);
    } else {
        json_put_null(out, "level_unrounded");
        json_put_null(out, "level_rounding");
    }
    json_put_int(out, "residual", here && !is_unrounded(of) ? level_part(of, i) - of->level_rounded : 0);
}

static exact interest_of(const struct common *of, size_t i)
{
    const struct plan_row *row = &of->schedule->rows[i];
    if (of->terms->method == PLAN_FLAT)
        return (int)i < of->terms->grace.interest ? 0 : of->add_on;
    if (is_unrounded(of))
        return exact_wide(wide_scale(of->schedule->balances[i], (uint64_t)row->rate.numerator, (uint64_t)row->rate.denominator));
    return exact_ratio((__int128)row->opening_balance * row->rate.numerator, row->rate.denominator);
}

static void put_interest(struct json_writer *out, const struct common *of, size_t i)
{
    const struct plan_row *row = &of->schedule->rows[i];
    const exact unrounded = interest_of(of, i);
    put_exact(out, "interest_unrounded", unrounded);
    put_exact(out, "interest_rounding", exact_of(row->accrued) - unrounded);
    json_put_int(out, "interest_carried", row->interest > row->accrued ? row->interest - row->accrued : 0);
}

static int64_t fee_of(const struct common *of, const struct plan_fee *fee)
{
    return fee->percent ? plan_share(of->schedule->credit, fee->share, 1, of->terms->rounding.mode) : fee->amount;
}

/* Of the interest due, and of each fee. */
static exact tax_of(const struct common *of, size_t i)
{
    const struct plan_terms *terms = of->terms;
    exact fees = 0;
    for (size_t n = 0; n < terms->fee_count; n++) {
        const struct plan_fee *fee = &terms->fees[n];
        if (fee->charged == PLAN_FEE_EACH || (fee->charged == PLAN_FEE_FIRST && i == 0))
            fees += fee_of(of, fee);
    }
    return exact_ratio((__int128)of->schedule->rows[i].interest * terms->tax_on_interest.digits, plan_power_of_ten(terms->tax_on_interest.scale)) +
           exact_ratio(fees * terms->tax_on_fees.digits, plan_power_of_ten(terms->tax_on_fees.scale));
}

static void put_basis(struct json_writer *out, const struct common *of, size_t i)
{
    static const struct decimal nothing = { 0, 0 };
    const struct plan_terms *terms = of->terms;
    const int32_t to = of->schedule->rows[i].due_date, from = to - of->schedule->rows[i].days;
    int64_t numerator, denominator;
    char text[2 * DIGITS_INT_MAX + 1], *at;
    plan_row_fraction(terms, &of->schedule->rows[i], &numerator, &denominator);
    plan_write_decimal(out, "annual_rate", of->schedule->rows[i].rate.numerator ? terms->annual_rate : nothing);
    json_put_text(out, "basis", plan_day_count_name(terms->day_count));
    json_put_int(out, "days", plan_days(terms->day_count, from, to));
    at = digits_put_int(text, numerator);
    *at++ = '/';
    at = digits_put_int(at, denominator);
    json_put_text(out, "year_fraction", slice_of(text, (size_t)(at - text)));
}

/* Each fee apart, and the tax on it. */
static void put_fee(struct json_writer *out, const struct common *of, const struct plan_fee *fee, bool rounded)
{
    const int64_t amount = fee_of(of, fee);
    const exact unrounded = fee->percent ? exact_ratio((__int128)of->schedule->credit * fee->share.digits, plan_power_of_ten(fee->share.scale)) : exact_of(amount);
    json_begin(out, NULL, '{');
    json_put_text(out, "code", fee->code);
    json_put_int(out, "amount", amount);
    json_put_int(out, "tax", plan_share(amount, of->terms->tax_on_fees, 1, of->terms->rounding.mode));
    if (rounded) {
        json_put_text(out, "charged", plan_fee_charged_name(fee->charged));
        put_exact(out, "unrounded", unrounded);
        put_exact(out, "rounding", exact_of(amount) - unrounded);
    }
    json_end(out, '}');
}

static void put_fees_of_row(struct json_writer *out, const struct common *of, size_t i)
{
    json_begin(out, "fees", '[');
    for (size_t n = 0; n < of->terms->fee_count; n++) {
        const struct plan_fee *fee = &of->terms->fees[n];
        if (fee->charged == PLAN_FEE_EACH || (fee->charged == PLAN_FEE_FIRST && i == 0))
            put_fee(out, of, fee, false);
    }
    json_end(out, ']');
}

static void put_row(struct json_writer *out, const struct common *of, size_t i)
{
    const struct plan_row *row = &of->schedule->rows[i];
    const exact tax = tax_of(of, i);
    json_begin(out, NULL, '{');
    json_put_int(out, "number", row->number);
    put_exact(out, "balance", is_unrounded(of) ? exact_wide(of->schedule->balances[i]) : exact_of(row->opening_balance));
    put_basis(out, of, i);
    put_interest(out, of, i);
    put_level(out, of, i);
    put_fees_of_row(out, of, i);
    put_exact(out, "tax_unrounded", tax);
    put_exact(out, "tax_rounding", exact_of(row->tax) - tax);
    json_end(out, '}');
}

/* The deposit, and each fee as it was rounded. */
static void put_start(struct json_writer *out, const struct common *of)
{
    const struct plan_deposit *deposit = &of->terms->deposit;
    const exact unrounded = deposit->type == PLAN_DEPOSIT_PERCENT ? exact_ratio((__int128)of->terms->principal * deposit->share.digits,
                                                                                plan_power_of_ten(deposit->share.scale))
                                                                  : exact_of(of->schedule->deposit);
    put_exact(out, "deposit_unrounded", unrounded);
    put_exact(out, "deposit_rounding", exact_of(of->schedule->deposit) - unrounded);
    json_begin(out, "fees", '[');
    for (size_t i = 0; i < of->terms->fee_count; i++)
        put_fee(out, of, &of->terms->fees[i], true);
    json_end(out, ']');
}

void plan_write_explanation(struct json_writer *out, const struct plan_terms *terms, const struct plan_schedule *schedule)
{
    const struct common of = common_of(terms, schedule);
    json_begin(out, "explain_start", '{');
    put_start(out, &of);
    json_end(out, '}');
    json_begin(out, "explain", '[');
    for (size_t i = 0; i < schedule->row_count; i++)
        put_row(out, &of, i);
    json_end(out, ']');
}
