/* The shared vectors of both laws through the flows: every rate, every interval. Three examples of the Commission give a rule for their payments,
 * which is followed here. */
#include "flows_request.h"

#include "orders/plan_dates.h"

static void check_percent(const cJSON *c)
{
    const long double apr = 100 * apr_of(text_at(c, "id")), expected = real_at(at(c, "expected"), "apr_percent");
    if (!(fabsl(apr - expected) <= real_at(at(c, "check"), "tolerance_pp") + 1e-12L))
        fail_msg("%s: %.8Lf, expected %.8Lf", text_at(c, "id"), apr, expected);
}

/* ---- vectors: EU ---- */

static void put_time(struct flow_group *group, const cJSON *time, int months)
{
    group->has_after = true;
    group->after = (struct flow_after){ .years = (int)int_at(time, "y"), .months = (int)int_at(time, "m") + months, .weeks = (int)int_at(time, "w"),
                                        .days = (int)int_at(time, "d"), .has_days_in_year = at(time, "d_den") != NULL,
                                        .days_in_year = { llroundl(100 * real_at(time, "d_den")), 2 } };
}

static void add_vector_group(const cJSON *in)
{
    const bool advance = is(text_at(in, "dir"), "advance");
    const cJSON *step = at(in, "step"), *list = at(in, "amounts_minor");
    int index = 0;
    if (list) {   /* amounts of their own, a month apart */
        assert_int_equal(int_at(step, "m"), 1);
        for (const cJSON *item = list->child; item; item = item->next)
            put_time(add(advance, (int64_t)item->valuedouble, 1), at(in, "start"), index++);
        return;
    }
    struct flow_group *group = add(advance, int_at(in, "amount_minor"), (int)int_at(in, "count"));
    put_time(group, at(in, "start"), 0);
    if (group->count > 1)
        every(group, (int)int_at(step, "m"), FLOW_MONTH);
}

/* Payments of a rule: the balance is carried unrounded, each payment is rounded to the minor unit when paid. */
static void add_rule(const cJSON *rule)
{
    const bool stepped = is(text_at(rule, "kind"), "stepped_annuity");
    assert_true(stepped || is(text_at(rule, "kind"), "percent_capital"));
    const long double rate = real_at(rule, "nominal_rate_percent") / 100 / int_at(rule, "periods_per_year");
    const int n = at(rule, "n") ? (int)int_at(rule, "n") : FLOWS_GROUPS_MAX;
    long double balance = int_at(rule, "principal_minor"), factor = 0, growth = 1, discount = 1;
    for (int k = 1; stepped && k <= n; k++) {
        growth = powl(1 + real_at(rule, "annual_step_percent") / 100, (k - 1) / 12);
        factor += growth * (discount /= 1 + rate);
    }
    const long double first = stepped ? balance / factor : 0;
    for (int k = 1; k <= n && balance > 0.005L; k++) {
        const long double least = fmaxl(balance * real_at(rule, "percent") / 100, int_at(rule, "minimum_minor"));
        const long double level = first * powl(1 + real_at(rule, "annual_step_percent") / 100, (k - 1) / 12);
        long double capital = stepped ? level - balance * rate : fminl(least, balance);
        if (k == n)
            capital = balance;
        after(add(false, llroundl(capital + balance * rate), 1), k, 0);
        balance -= capital;
    }
}

static void check_rule_payments(const cJSON *c)
{
    const cJSON *expected = at(c, "expected");
    assert_int_equal(flows.count - 2, int_at(expected, "number_of_payments"));
    for (const cJSON *payment = at(expected, "payments_minor")->child; payment; payment = payment->next)
        assert_int_equal(groups[1 + atoi(payment->string)].amount, (int64_t)payment->valuedouble);
}

static void eu_vectors(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("apr_eu");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next, checked++) {
        const cJSON *inputs = at(c, "inputs"), *rule = at(inputs, "repayment_rule");
        begin(FLOW_EU);
        if (rule) {
            after(add(true, int_at(rule, "principal_minor"), 1), 0, 0);
            after(add(false, int_at(inputs, "upfront_cost_minor"), 1), 0, 0);
            add_rule(rule);
            check_rule_payments(c);
        } else {
            for (const cJSON *group = at(inputs, "flows")->child; group; group = group->next)
                add_vector_group(group);
        }
        check_percent(c);
    }
    assert_true(checked >= 23);
    cJSON_Delete(cases);
}

static void check_units(const cJSON *expected, enum flow_unit unit, int32_t from, int32_t to)
{
    const struct plan_interval interval = unit == FLOW_WEEK ? plan_interval_weeks(from, to) : plan_interval_months(from, to);
    assert_int_equal(interval.units, int_at(expected, "regular_periods"));
    assert_int_equal(interval.odd_days, int_at(expected, "odd_days"));
    if (interval.odd_days)
        assert_int_equal(plan_odd_year_days(interval.odd_end), int_at(expected, "odd_days_denominator"));
}

static void eu_interval_vectors(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("eu_time_intervals");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next, checked++) {
        const cJSON *inputs = at(c, "inputs");
        enum flow_unit unit;
        assert_true(flow_unit_parse(slice_from_text(text_at(inputs, "regular_period")), &unit));
        const int32_t from = date_at(inputs, "from"), to = date_at(inputs, "to");
        check_units(at(c, "expected"), unit, from, to);
        const long double years = flows_eu_years(unit, from, to), expected = real_at(at(c, "expected"), "years_10dp");
        if (!(fabsl(years - expected) <= 0.5001e-10L))
            fail_msg("%s: %.12Lf, expected %.12Lf", text_at(c, "id"), years, expected);
        /* And as a flow: what is owed grows by (1 + rate)^years. */
        begin(FLOW_EU);
        unit_period(1, unit);
        dated(add(true, INT64_C(1000000000000000), 1), from);
        dated(add(false, llroundl(1e15L * powl(1.1L, years)), 1), to);
        assert_apr(0.1L);
    }
    assert_true(checked >= 7);
    cJSON_Delete(cases);
}

/* ---- vectors: US ---- */

static struct flow_step parse_step(const char *text)
{
    struct flow_step step;
    char name[16];
    assert_int_equal(sscanf(text, "%d %15s", &step.every, name), 2);
    const size_t length = strlen(name);
    assert_true(flow_unit_parse(slice_of(name, length - (name[length - 1] == 's')), &step.unit));
    return step;
}

static void us_vectors(void **state)
{
    (void)state;
    cJSON *cases = vectors_load("apr_us_regz");
    int checked = 0;
    for (const cJSON *c = cases->child; c; c = c->next, checked++) {
        const cJSON *inputs = at(c, "inputs"), *first_time = at(at(c, "expected"), "first_payment_time");
        begin(FLOW_US);
        flows.has_unit = true;
        flows.unit = parse_step(text_at(inputs, "unit_period"));
        for (const cJSON *advance = at(inputs, "advances")->child; advance; advance = advance->next)
            dated(add(true, int_at(advance, "amount_minor"), 1), date_at(advance, "date"));
        const size_t first = flows.count;
        for (const cJSON *payment = at(inputs, "payments")->child; payment; payment = payment->next) {
            struct flow_group *group = add(false, int_at(payment, "amount_minor"), (int)int_at(payment, "count"));
            dated(group, date_at(payment, "first_date"));
            every(group, (int)int_at(payment, "every"), FLOW_MONTH);
            assert_true(flow_unit_parse(slice_from_text(text_at(payment, "unit")), &group->step.unit));
        }
        check_percent(c);
        assert_true(series[first].start == real_at(first_time, "full_unit_periods"));
        assert_true(fabsl(series[first].simple_part - real_at(first_time, "fraction")) < 1e-15L);
        const cJSON *times = at(inputs, "advance_times");
        for (size_t i = 0; times && i < first; i++) {
            const cJSON *time = cJSON_GetArrayItem(times, (int)i);
            assert_true(series[i].start == real_at(time, "full_unit_periods"));
            assert_true(fabsl(series[i].simple_part - real_at(time, "fraction")) < 1e-15L);
        }
    }
    assert_true(checked >= 8);
    cJSON_Delete(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eu_vectors),
        cmocka_unit_test(eu_interval_vectors),
        cmocka_unit_test(us_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
