/* Fuzz target of what SEPA direct debits are read from: any text as an account, a creditor, a bank, a mandate's reference, a name and a reason of return. What is taken has its form and its check
 * digits, by a second reckoning, and is taken again as it is. A file made of the text has what the bank counts, reads back, and is the same twice. */
#include "fuzz.h"

#include "billing/decline.h"
#include "billing/pain008.h"
#include "billing/sepa.h"
#include "wire/xml_read.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX 70

/* MOD 97-10 with the first four characters last, digit by digit. */
static unsigned rest_of(struct slice number, size_t head, size_t left_out)
{
    unsigned rest = 0;
    for (size_t i = 0; i < number.size; i++) {
        const size_t at = (i + head) % number.size;
        if (at >= head && at < head + left_out)
            continue;
        const char c = number.data[at];
        CHECK((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'));
        const unsigned value = c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A' + 10);
        if (value >= 10)
            rest = (rest * 10 + value / 10) % 97;
        rest = (rest * 10 + value % 10) % 97;
    }
    return rest;
}

static void check_numbers(struct arena *arena, struct slice text)
{
    const struct slice iban = sepa_iban(arena, text), creditor = sepa_creditor_id(arena, text), bic = sepa_bic(arena, text);
    if (!slice_is_none(iban))
        CHECK(iban.size >= 15 && iban.size <= 34 && rest_of(iban, 4, 0) == 1 && slice_equals(sepa_iban(arena, iban), iban));
    if (!slice_is_none(creditor))
        CHECK(creditor.size >= 8 && creditor.size <= 35 && rest_of(creditor, 4, 3) == 1 && slice_equals(sepa_creditor_id(arena, creditor), creditor));
    if (!slice_is_none(bic))
        CHECK((bic.size == 8 || bic.size == 11) && slice_equals(sepa_bic(arena, bic), bic));
    const struct decline decline = decline_from_sepa(text);
    CHECK(decline.failure_code.size && (slice_equals_text(decline.kind, "soft") || slice_equals_text(decline.kind, "hard")));
}

static struct slice check_text(struct arena *arena, struct slice text, size_t most)
{
    const struct slice taken = sepa_text(arena, text, most);
    CHECK(taken.size <= most && slice_equals(sepa_text(arena, taken, most), taken));
    for (size_t i = 0; i < taken.size; i++) {
        const char c = taken.data[i];
        CHECK((isascii(c) && isalnum(c)) || memchr("/-?:().,'+ ", c, 11));
        CHECK(c != ' ' || (i > 0 && i + 1 < taken.size && taken.data[i - 1] != ' '));
    }
    if (sepa_reference_valid(text))
        CHECK(text.size <= 35 && (memmem(text.data, text.size, "  ", 2) || slice_equals(sepa_text(arena, text, 35), text)));
    return taken;
}

struct read_back {
    size_t debits;
    struct slice name;
};

static bool is_below(struct slice path, struct slice end)
{
    return path.size > end.size && memcmp(path.data + path.size - end.size, end.data, end.size) == 0;
}

static bool ended(void *of, const struct xml_element *element)
{
    struct read_back *back = of;
    if (is_below(element->path, SLICE("/DrctDbtTxInf/Dbtr/Nm")))
        CHECK(slice_equals(element->text, back->name));
    back->debits += is_below(element->path, SLICE("/DrctDbtTxInf"));
    return true;
}

static void check_file(struct arena *arena, struct slice text, struct slice name, size_t count)
{
    struct pain008_debit debits[3];
    for (size_t i = 0; i < count; i++)
        debits[i] = (struct pain008_debit){ .scheme = SLICE("CORE"), .sequence = i ? SLICE("RCUR") : SLICE("FRST"), .collect_on = SLICE("2026-11-23"), .end_to_end_id = SLICE("E1"),
                                            .amount = INT64_C(999999999) * (int64_t)i + 1, .number = (int64_t)i, .reference = sepa_reference_valid(text) ? text : SLICE("M1"),
                                            .signed_on = SLICE("2026-01-01"), .debtor_name = text, .iban = SLICE("ES9121000418450200051332") };
    struct pain008 file = { .message_id = SLICE("0123456789abcdef0123456789abcdef"), .made_at = SLICE("2026-11-20T06:00:00Z"), .creditor_id = SLICE("ES23ZZZ47690558N"), .name = text,
                            .iban = SLICE("ES9121000418450200051332"), .debits = debits, .count = count };
    for (int old = 0; old < 2; old++) {
        struct read_back back = { .name = name };
        struct xml_error error;
        file.old = old;
        const struct slice document = pain008_document(arena, &file);
        CHECK(slice_equals(document, pain008_document(arena, &file)));
        CHECK(xml_read(arena, document, &(struct xml_handler){ .end = ended }, &back, &error) && back.debits == count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *arena = arena_new();
    const struct slice text = slice_of((const char *)data + 1, size - 1);
    check_numbers(arena, text);
    check_text(arena, text, data[0]);
    check_file(arena, text, check_text(arena, text, NAME_MAX), 1 + data[0] % 3);
    arena_free(arena);
    return 0;
}
