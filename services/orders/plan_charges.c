/* What is paid besides principal and interest: the deposit, fees and taxes. Each amount is rounded once, by itself. A percent fee is a share
 * of what the buyer gets on credit (the price without the deposit), never of other fees; a financed fee is financed with its tax. Pure. */
#include "plan_rows.h"

int64_t plan_share(int64_t amount, struct decimal share, int64_t unit, enum rounding mode)
{
    return money_divide((__int128)amount * share.digits, (__int128)plan_power_of_ten(share.scale) * unit, mode) * unit;
}

static int64_t deposit_of(const struct plan_terms *terms)
{
    const struct plan_deposit *deposit = &terms->deposit;
    if (deposit->type == PLAN_DEPOSIT_PERCENT)
        return plan_share(terms->principal, deposit->share, terms->rounding.unit, terms->rounding.mode);
    return deposit->type == PLAN_DEPOSIT_FIXED ? deposit->amount : 0;
}

static int64_t tax_of(const struct plan_terms *terms, int64_t amount, struct decimal rate)
{
    return rate.digits ? plan_share(amount, rate, 1, terms->rounding.mode) : 0;
}

/* Adds all fees of one kind and the tax on each. False when a sum outgrows MONEY_MAX. */
static bool add_fees(const struct plan_terms *terms, int64_t credit, enum plan_fee_charged charged, int64_t *fees, int64_t *tax)
{
    for (size_t i = 0; i < terms->fee_count; i++) {
        const struct plan_fee *fee = &terms->fees[i];
        if (fee->charged != charged)
            continue;
        const int64_t amount = fee->percent ? plan_share(credit, fee->share, 1, terms->rounding.mode) : fee->amount;
        if (!money_add(*fees, amount, fees) || !money_add(*tax, tax_of(terms, amount, terms->tax_on_fees), tax))
            return false;
    }
    return true;
}

struct plan_fault plan_charges_at_start(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    int64_t financed = 0, tax = 0;
    schedule->deposit = deposit_of(terms);
    if (schedule->deposit >= terms->principal)
        return (struct plan_fault){ .pointer = "/deposit", .code = "range", .detail = "leaves nothing to pay in installments once rounded" };
    schedule->credit = terms->principal - schedule->deposit;
    schedule->amount_financed = schedule->credit;
    schedule->upfront_fees = schedule->upfront_tax = 0;
    if (!add_fees(terms, schedule->credit, PLAN_FEE_UPFRONT, &schedule->upfront_fees, &schedule->upfront_tax) ||
        !add_fees(terms, schedule->credit, PLAN_FEE_FINANCED, &financed, &tax) || !money_add(schedule->amount_financed, financed, &schedule->amount_financed) ||
        !money_add(schedule->amount_financed, tax, &schedule->amount_financed))
        return (struct plan_fault){ .pointer = "/fees", .code = "range", .detail = "add up to more than 9007199254740991" };
    if (terms->balloon > schedule->amount_financed)
        return (struct plan_fault){ .pointer = "/balloon", .code = "range", .detail = "must be at most the amount financed" };
    return plan_fine;
}

/* Adds a row to the totals. */
bool plan_total_row(struct plan_totals *totals, const struct plan_row *row)
{
    totals->principal += row->principal;   /* never more than the total */
    totals->interest += row->interest;
    totals->fees += row->fees;
    totals->tax += row->tax;
    return money_add(totals->total, row->total, &totals->total);
}

/* Deposit, upfront fees and installments together must be an amount, too. */
static bool payable_fits(const struct plan_schedule *schedule)
{
    int64_t payable = schedule->totals.total;
    return money_add(payable, schedule->deposit, &payable) && money_add(payable, schedule->upfront_fees, &payable) &&
           money_add(payable, schedule->upfront_tax, &payable);
}

bool plan_charges_each(const struct plan_terms *terms, int64_t credit, struct plan_row_charges *out)
{
    *out = (struct plan_row_charges){ 0 };
    return add_fees(terms, credit, PLAN_FEE_EACH, &out->each, &out->each_tax) && add_fees(terms, credit, PLAN_FEE_FIRST, &out->first, &out->first_tax);
}

bool plan_charge_row(const struct plan_terms *terms, const struct plan_row_charges *charges, struct plan_row *row)
{
    const bool first = row->number == 1;
    row->brought_fees = row->brought_tax = 0;
    row->fees = charges->each + (first ? charges->first : 0);
    row->tax = charges->each_tax + (first ? charges->first_tax : 0) + tax_of(terms, row->interest, terms->tax_on_interest);
    return money_add(row->total, row->fees, &row->total) && money_add(row->total, row->tax, &row->total);
}

bool plan_charges_of_rows(const struct plan_terms *terms, struct plan_schedule *schedule)
{
    struct plan_row_charges charges;
    if (!plan_charges_each(terms, schedule->credit, &charges))
        return false;
    schedule->totals = (struct plan_totals){ 0 };
    for (size_t i = 0; i < schedule->row_count; i++)
        if (!plan_charge_row(terms, &charges, &schedule->rows[i]) || !plan_total_row(&schedule->totals, &schedule->rows[i]))
            return false;
    return payable_fits(schedule);
}
