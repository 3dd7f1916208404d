/* PUT /v1/invoice-policy: the next version, whole. What If-Match names must be what is there, when it is read and when it is written. Suspends in three statements. */
#include "base/money.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/version.h"
#include "wire/json_write.h"

#define RATE_DECIMALS 4

static bool rate_is_good(struct work *w, struct slice rate, struct slice pointer)
{
    struct decimal decimal;
    int64_t most = 100;
    const bool read = decimal_parse(rate, RATE_DECIMALS, &decimal);
    for (int i = 0; read && i < decimal.scale; i++)
        most *= 10;
    if (read && decimal.digits >= 0 && decimal.digits <= most)
        return true;
    work_fail_field(w, &PROBLEM_validation_failed, pointer, "range", "must be between 0 and 100 with at most %d decimals", RATE_DECIMALS);
    return false;
}

static bool rates_are_good(struct work *w, const struct put_invoice_policy_in *in)
{
    bool good = rate_is_good(w, in->tax_rate, SLICE("/tax_rate"));
    for (size_t i = 0; i < in->tax_rates_count; i++) {
        good = rate_is_good(w, in->tax_rates[i].rate, arena_printf(w->arena, "/tax_rates/%zu/rate", i)) && good;
        for (size_t k = 0; k < i; k++)
            if (slice_equals(in->tax_rates[k].category, in->tax_rates[i].category)) {
                work_fail_field(w, &PROBLEM_validation_failed, arena_printf(w->arena, "/tax_rates/%zu/category", i), "duplicate", "is named before");
                return false;
            }
    }
    return good;
}

static bool series_is_good(struct work *w, struct slice series, const char *pointer)
{
    for (size_t i = 0; i < series.size; i++)
        if (!(series.data[i] >= 'A' && series.data[i] <= 'Z') && !(series.data[i] >= '0' && series.data[i] <= '9')) {
            work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), "format", "must be capital letters and digits");
            return false;
        }
    return true;
}

static bool all_series_are_good(struct work *w, const struct series_names *names)
{
    const bool invoice = series_is_good(w, names->invoice, "/series/invoice"), credit = series_is_good(w, names->credit_note, "/series/credit_note");
    return series_is_good(w, names->debit_note, "/series/debit_note") && invoice && credit;
}

static struct slice rates_json(struct work *w, const struct put_invoice_policy_in *in)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < in->tax_rates_count; i++) {
        json_begin(&out, NULL, '{');
        json_put_text(&out, "category", in->tax_rates[i].category);
        json_put_text(&out, "rate", in->tax_rates[i].rate);
        json_end(&out, '}');
    }
    json_end(&out, ']');
    return json_done(&out);
}

SUSPENDS struct reply put_invoice_policy(struct request *rq, const struct put_invoice_policy_in *in)
{
    static const struct series_names usual = { .invoice = SLICE("FV"), .credit_note = SLICE("NC"), .debit_note = SLICE("ND") };
    struct work *w = &rq->work;
    const struct series_names *series = in->series ? in->series : &usual;
    const bool rates = rates_are_good(w, in);
    const struct row *row = all_series_are_good(w, series) && rates ? db_one(w, SQL(invoice_policy_known)) : NULL;
    if (!row || !version_is(w, in->if_match, row_int(row, "version")))
        return reply_problem(rq);
    row = db_one(w, SQL(put_invoice_policy, .version = row_text(row, "version"), .tax_rate = in->tax_rate, .tax_rates = rates_json(w, in),
                        .invoice = series->invoice, .credit_note = series->credit_note, .debit_note = series->debit_note,
                        .deposit_invoices = in->deposit_invoices ? SLICE("true") : SLICE("false"), .by = w->identity.subject));
    if (row)
        row = db_one(w, SQL(get_invoice_policy));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
