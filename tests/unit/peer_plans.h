/* The peer's loans as our terms: what the tests of its tables share. */
#ifndef CUOTAS_TESTS_PEER_PLANS_H
#define CUOTAS_TESTS_PEER_PLANS_H

#include "vectors.h"

/* "7.50" percent as the engine's fraction. */
static inline struct decimal percent(const cJSON *object, const char *name)
{
    struct decimal decimal;
    assert_true(decimal_parse(slice_from_text(text_at(object, name)), 8, &decimal));
    decimal.scale += 2;
    return decimal;
}

static inline void assert_amount(const cJSON *c, int row, const char *what, int64_t value, int64_t expected)
{
    if (value != expected)
        fail_msg("%s, row %d: %s is %lld, expected %lld", text_at(c, "id"), row, what, (long long)value, (long long)expected);
}

static inline struct plan_terms progressive_terms(const cJSON *inputs)
{
    const cJSON *first = at(inputs, "periods")->child, *disbursement = at(inputs, "disbursements")->child;
    const bool thirty = is(text_at(inputs, "days_in_month"), "30");
    struct plan_terms terms = terms_of(int_at(disbursement, "amount_minor"), 0, cJSON_GetArraySize(at(inputs, "periods")));
    terms.annual_rate = percent(inputs, "annual_rate_percent");
    terms.start_date = date_at(disbursement, "date");
    terms.has_first_due_date = true;
    terms.first_due_date = date_at(first, "due");
    terms.day_count = thirty ? PLAN_30_360 : is(text_at(inputs, "days_in_year"), "365") ? PLAN_ACTUAL_365 : PLAN_ACTUAL_360;
    return terms;
}

/* "Same as repayment period" is `period`; else daily interest, by 30-day months or actual days. */
static inline enum plan_day_count fineract_day_count(const cJSON *product, const cJSON *loan)
{
    if (is(text_at(loan, "interest_period"), "same_as_repayment_period"))
        return PLAN_PERIOD;
    return int_at(product, "days_in_month") == 30 ? PLAN_30_360 : PLAN_ACTUAL_365;
}

static inline struct plan_terms fineract_terms(const cJSON *product, const cJSON *loan)
{
    struct plan_terms terms = terms_of(int_at(loan, "principal_minor"), 0, (int)int_at(loan, "number_of_repayments"));
    assert_true(is(text_at(loan, "amortization"), "equal_installments") && !int_at(loan, "grace_on_interest"));
    terms.method = is(text_at(loan, "interest_method"), "flat") ? PLAN_FLAT : PLAN_ANNUITY;
    terms.annual_rate = percent(loan, "annual_rate_percent");
    terms.frequency = (struct plan_frequency){ .unit = is(text_at(loan, "repay_unit"), "days") ? PLAN_DAY : PLAN_MONTH, .every = (int)int_at(loan, "repay_every") };
    terms.rounding.unit = at(product, "installment_multiple_of_units") && int_at(product, "installment_multiple_of_units") ? 100 : 1;
    terms.day_count = fineract_day_count(product, loan);
    terms.grace.principal = (int)int_at(loan, "grace_on_principal");
    if (at(product, "down_payment_percent"))
        terms.deposit = (struct plan_deposit){ .type = PLAN_DEPOSIT_PERCENT, .share = percent(product, "down_payment_percent") };
    return terms;
}

#endif
