/* Fuzz target of the installment engine: bytes as terms of every method. Whatever is refused must name a field of the API and say why; whatever is accepted must
 * keep every promise of plan.h, come out the same twice, and its terms written as JSON must be well formed. */
#include "fuzz.h"

#include "base/date.h"
#include "orders/plan.h"
#include "orders/plan_json.h"
#include "wire/json.h"

#define FEES_TAKEN 3

static struct plan_row rows[PLAN_INSTALLMENTS_MAX], twin_rows[PLAN_INSTALLMENTS_MAX];
static struct wide balances[PLAN_INSTALLMENTS_MAX + 1];
static struct plan_fee fees[FEES_TAKEN];
static struct plan_custom_row custom[PLAN_INSTALLMENTS_MAX + 2];
static struct calendar_cache cache;
static struct closed_days closed;

static struct decimal take_decimal(struct fuzz_bytes *in)
{
    return (struct decimal){ .digits = (int64_t)fuzz_take(in, 5), .scale = (int)(fuzz_take(in, 1) % 12) };
}

static void take_fees(struct fuzz_bytes *in, struct plan_terms *terms)
{
    terms->fees = fees;
    terms->fee_count = fuzz_take(in, 1) % (FEES_TAKEN + 1);
    for (size_t i = 0; i < terms->fee_count; i++) {
        fees[i] = (struct plan_fee){ .code = SLICE("fee"), .charged = (enum plan_fee_charged)(fuzz_take(in, 1) % (PLAN_FEE_EACH + 1)) };
        fees[i].percent = fuzz_take(in, 1) % 2;
        fees[i].amount = (int64_t)fuzz_take(in, 6);
        fees[i].share = take_decimal(in);
    }
}

/* The last row takes the share the others leave. */
static void take_custom(struct fuzz_bytes *in, struct plan_terms *terms)
{
    int64_t left = INT64_C(10000000000);
    int32_t date = terms->start_date;
    terms->rows = custom;
    terms->has_first_due_date = false;
    for (int i = 0; i < terms->installments; i++) {
        const int64_t share = i + 1 == terms->installments ? left : (int64_t)fuzz_take(in, 5) % (left + 1);
        date += (int32_t)(fuzz_take(in, 2) % 200);
        custom[i] = (struct plan_custom_row){ .due_date = date, .percent = true, .share = { share, 10 } };
        left -= share;
    }
}

static void take_extras(struct fuzz_bytes *in, struct plan_terms *terms)
{
    static const char *const countries[] = { "CO", "US", "CL", "ES" };
    const uint64_t choices = fuzz_take(in, 1);
    terms->end_of_month = choices & 1;
    terms->rounding.carry = (enum plan_carry)(choices >> 1 & 1);
    terms->grace = (struct plan_grace){ .principal = (int)fuzz_take(in, 1), .interest = (int)fuzz_take(in, 1), .interest_carried = choices >> 2 & 1 };
    terms->tax_on_interest = take_decimal(in);
    terms->tax_on_fees = take_decimal(in);
    terms->balloon = terms->method == PLAN_BALLOON ? (int64_t)fuzz_take(in, 7) : 0;
    terms->business_day = (enum business_day_convention)(fuzz_take(in, 1) % BUSINESS_DAY_CONVENTIONS);
    closed = (struct closed_days){ .weekend = (unsigned)fuzz_take(in, 1) % 128, .cache = &cache,
                                   .calendar = choices >> 3 & 1 ? calendar_find(slice_from_text(countries[choices >> 4 & 3])) : NULL };
    terms->closed = &closed;
    take_fees(in, terms);
    if (terms->method == PLAN_CUSTOM)
        take_custom(in, terms);
}

static struct plan_terms take_terms(struct fuzz_bytes *in)
{
    struct plan_terms terms = { .method = (enum plan_method)(fuzz_take(in, 1) % (PLAN_CUSTOM + 1)), .principal = (int64_t)fuzz_take(in, 7) };
    terms.annual_rate = take_decimal(in);
    terms.installments = (int)(fuzz_take(in, 2) % (PLAN_INSTALLMENTS_MAX + 2));
    terms.frequency = (struct plan_frequency){ .unit = (enum plan_unit)(fuzz_take(in, 1) % 4), .every = (int)(fuzz_take(in, 2) % 400) };
    terms.frequency.days[0] = (int)(fuzz_take(in, 1) % 33);
    terms.frequency.days[1] = (int)(fuzz_take(in, 1) % 33);
    terms.start_date = (int32_t)fuzz_take(in, 3) - 40000;
    terms.has_first_due_date = fuzz_take(in, 1) % 2;
    terms.first_due_date = terms.start_date + (int32_t)(fuzz_take(in, 2) % 4000) - 10;
    terms.day_count = (enum plan_day_count)(fuzz_take(in, 1) % (PLAN_ACTUAL_ACTUAL + 1));
    terms.deposit.type = (enum plan_deposit_type)(fuzz_take(in, 1) % 3);
    terms.deposit.amount = (int64_t)fuzz_take(in, 6);
    terms.deposit.share = take_decimal(in);
    terms.rounding.mode = (enum rounding)(fuzz_take(in, 1) % 5);
    terms.rounding.unit = (int64_t)(fuzz_take(in, 3) % (PLAN_ROUNDING_UNIT_MAX + 2));
    terms.rounding.residual = (enum plan_residual)(fuzz_take(in, 1) % 2);
    take_extras(in, &terms);
    return terms;
}

static void check_row(const struct plan_row *row, size_t index, int64_t balance, int32_t date)
{
    CHECK(row->number == (int)index + 1 && row->due_date > date && row->days == row->due_date - date);
    CHECK(row->opening_balance == balance && row->closing_balance == balance - row->principal);
    CHECK(row->principal >= 0 && row->interest >= 0 && row->fees >= 0 && row->tax >= 0 && row->closing_balance >= 0);
    CHECK(row->total == row->principal + row->interest + row->fees + row->tax);
    CHECK(row->rate.denominator > 0 && row->rate.numerator >= 0);
}

static void check_promises(const struct plan_terms *terms, const struct plan_schedule *s)
{
    int64_t balance = s->amount_financed;
    int32_t date = terms->start_date;
    struct plan_totals sum = { 0 };
    CHECK(s->deposit >= 0 && s->deposit + s->credit == terms->principal && s->amount_financed >= s->credit && s->row_count == (size_t)terms->installments);
    for (size_t i = 0; i < s->row_count; i++) {
        const struct plan_row *row = &s->rows[i];
        check_row(row, i, balance, date);
        balance = row->closing_balance;
        date = row->due_date;
        sum.principal += row->principal;
        sum.interest += row->interest;
        sum.fees += row->fees;
        sum.tax += row->tax;
        sum.total += row->total;
    }
    CHECK(balance == 0 && sum.principal == s->amount_financed && sum.principal == s->totals.principal);
    CHECK(sum.interest == s->totals.interest && sum.fees == s->totals.fees && sum.tax == s->totals.tax && sum.total == s->totals.total);
    CHECK(s->totals.total <= MONEY_MAX && (terms->method != PLAN_INTEREST_FREE || s->totals.interest == 0));
}

static void check_same(const struct plan_terms *terms, const struct plan_schedule *s)
{
    struct plan_schedule twin = { .rows = twin_rows, .balances = balances };
    CHECK(plan_ok(plan_build(terms, &twin)) && twin.row_count == s->row_count && twin.deposit == s->deposit);
    CHECK(memcmp(&twin.totals, &s->totals, sizeof twin.totals) == 0 && strcmp(twin.apr_nominal, s->apr_nominal) == 0);
    CHECK(strcmp(twin.effective_annual_rate, s->effective_annual_rate) == 0);
    for (size_t i = 0; i < s->row_count; i++)
        CHECK(twin_rows[i].due_date == rows[i].due_date && twin_rows[i].principal == rows[i].principal && twin_rows[i].interest == rows[i].interest);
}

static void check_json(const struct plan_terms *terms, const struct plan_schedule *s)
{
    struct arena *arena = arena_new();
    struct json_writer out = json_to_arena(arena);
    plan_write_terms(&out, NULL, terms, SLICE("COP"));
    CHECK(json_check(json_done(&out), NULL, NULL));
    CHECK(json_check(plan_schedule_json(arena, terms, s, SLICE("COP"), true), NULL, NULL));
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, data + size };
    struct plan_terms terms = take_terms(&in);
    struct plan_schedule schedule = { .rows = rows, .balances = balances };
    struct plan_fault fault = plan_build(&terms, &schedule);
    if (!plan_ok(fault)) {
        CHECK(fault.pointer[0] == '/' && fault.code[0] && fault.detail[0]);
        return 0;
    }
    CHECK(plan_ok(plan_check(&terms)));
    if (terms.rounding.carry == PLAN_CARRY_ROUNDED)
        check_promises(&terms, &schedule);
    if (schedule.row_count <= 64) {   /* the long ones cost too much twice */
        check_same(&terms, &schedule);
        check_json(&terms, &schedule);
    }
    return 0;
}
