/* See payment_slip.h. What is configured says how it can be paid: a bank account, a GLN that the shop's bank knows it by at its counters (with the bar code of GS1-128 that
 * collections in Colombia have), a Pix key where it is owed in BRL. */
#include "billing/payment_slip.h"

#include "base/money.h"
#include "billing/pix.h"
#include "bus/events.h"
#include "db/db.h"
#include "doc/pdf_bars.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/config.h"
#include "service/merchant.h"
#include "wire/json_write.h"

#include <inttypes.h>

#define GLN_DIGITS 13

static struct {
    struct slice bank_account, gln, pix_key, pix_city;
} config;

static bool all_digits(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

/* GS1's check digit: 3 and 1 in turns from the right. */
static bool gln_valid(struct slice gln)
{
    int sum = 0;
    for (size_t i = 0; i < gln.size; i++)
        sum += (gln.data[i] - '0') * (i % 2 ? 3 : 1);
    return gln.size == GLN_DIGITS && all_digits(gln) && sum % 10 == 0;
}

static struct slice configured(const char *name)
{
    const struct slice value = slice_from_text(config_text_or(name, NULL));
    return value.size ? value : SLICE_NONE;
}

void payment_slip_configure(void)
{
    config.bank_account = configured("MERCHANT_BANK_ACCOUNT");
    config.gln = configured("MERCHANT_GLN");
    config.pix_key = configured("PIX_KEY");
    config.pix_city = configured("PIX_CITY");
    if (!slice_is_none(config.gln) && !gln_valid(config.gln))
        config_problem("MERCHANT_GLN", "must be the 13 digits of a GLN, the last of which checks the others");
    if (config.pix_key.size > PIX_KEY_MAX)
        config_problem("PIX_KEY", "must have at most 77 characters");
    if (slice_is_none(config.pix_key) != slice_is_none(config.pix_city))
        config_problem("PIX_CITY", "must be there when PIX_KEY is, and only then");
}

/* Whole units where there are no others: what counters in Colombia are used to. */
static struct slice bars_amount(struct work *w, int64_t amount, const struct currency *currency)
{
    int64_t unit = 1;
    for (int i = 0; i < currency->exponent; i++)
        unit *= 10;
    const bool whole = amount % unit == 0;
    return arena_printf(w->arena, "390%d%014" PRId64, whole ? 0 : currency->exponent, whole ? amount / unit : amount);
}

static void put_barcode(struct work *w, struct json_writer *out, const struct row *row)
{
    const struct slice day = row_text(row, "due_date"), reference = row_text(row, "reference");
    const struct slice amount = bars_amount(w, row_int(row, "amount"), currency_find(row_text(row, "currency")));
    const struct slice date = arena_printf(w->arena, "%.4s%.2s%.2s", day.data, day.data + 5, day.data + 8);
    json_begin(out, "barcode", '{');
    json_put_text(out, "text", arena_printf(w->arena, "(415)%.*s(8020)%.*s(%.4s)%.*s(96)%.*s", SLICE_FMT(config.gln), SLICE_FMT(reference), amount.data, (int)amount.size - 4,
                                            amount.data + 4, SLICE_FMT(date)));
    json_put_text(out, "elements", arena_printf(w->arena, "415%.*s8020%.*s\x1d%.*s\x1d" "96%.*s", SLICE_FMT(config.gln), SLICE_FMT(reference), SLICE_FMT(amount), SLICE_FMT(date)));
    json_end(out, '}');
}

static void put_pix(struct work *w, struct json_writer *out, const struct row *row)
{
    const struct slice code = pix_br_code(w->arena, &(struct pix){ .key = config.pix_key, .name = merchant_party()->name, .city = config.pix_city,
                                                                   .amount = row_int(row, "amount"), .txid = row_text(row, "reference") });
    json_begin(out, "pix", '{');
    json_put_text(out, "copy_and_paste", code);
    json_end(out, '}');
}

struct slice payment_slip(struct work *w, struct slice order_id, bool has_through, int64_t through)
{
    const struct slice upto = has_through ? work_int(w, through) : SLICE_NONE;
    const struct row *row = db_maybe(w, SQL(get_payment_slip, .order_id = order_id, .through = upto));
    if (!row && !work_failed(w) && bus_catch_up(w, "orders", NULL))
        row = db_one(w, SQL(get_payment_slip, .order_id = order_id, .through = upto));
    if (!row)
        return SLICE_NONE;
    const bool pix = !slice_is_none(config.pix_key) && slice_equals_text(row_text(row, "currency"), "BRL");
    if (slice_is_none(config.bank_account) && slice_is_none(config.gln) && !pix) {
        work_fail(w, &PROBLEM_slip_not_configured, "the shop has no bank account, no GLN, and for BRL no Pix key");
        return SLICE_NONE;
    }
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "payee", merchant_party()->name);
    json_put_text(&out, "bank_account", config.bank_account);
    if (slice_is_none(config.gln))
        json_put_null(&out, "barcode");
    else
        put_barcode(w, &out, row);
    if (pix)
        put_pix(w, &out, row);
    else
        json_put_null(&out, "pix");
    json_end(&out, '}');
    const struct slice ways = json_done(&out);
    return arena_printf(w->arena, "%.*s, %.*s", SLICE_FMT(row_text(row, "open_body")), (int)ways.size - 1, ways.data + 1);
}
